namespace Portal.Helm.Tests;

/// <summary>Tests that measure time run while no other test does.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;
