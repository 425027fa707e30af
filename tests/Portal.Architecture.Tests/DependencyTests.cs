using System.Reflection;

namespace Portal.Architecture.Tests;

/// <summary>Who may know whom (ARCHITECTURE.md), held over the compiled assemblies.</summary>
public sealed class DependencyTests
{
    private static readonly Assembly Core = typeof(Core.Routes).Assembly;
    private static readonly Assembly Helm = typeof(Helm.Charts.Chart).Assembly;
    private static readonly Assembly Sandbox = typeof(Sandbox.SandboxServer).Assembly;
    private static readonly Assembly Client = typeof(Client.ClientServices).Assembly;
    private static readonly Assembly Server = typeof(Server.Data.PortalDb).Assembly;

    private static IEnumerable<string> Known(Assembly assembly) => assembly.GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("Portal.", StringComparison.Ordinal));

    [Fact]
    public void Core_knows_no_other_project() => Assert.Empty(Known(Core));

    [Fact]
    public void Helm_knows_no_other_project() => Assert.Empty(Known(Helm));

    [Fact]
    public void Sandbox_knows_no_other_project() => Assert.Empty(Known(Sandbox));

    [Fact]
    public void Client_knows_Core_only() => Assert.Equal(["Portal.Core"], Known(Client));

    [Fact]
    public void Core_does_no_IO() => Assert.DoesNotContain(Core.GetReferencedAssemblies(), a => a.Name is "System.Net.Http" or "System.IO.FileSystem" || a.Name!.StartsWith("Microsoft.", StringComparison.Ordinal));

    /// <summary>Server features form one line: right may use left, never back.</summary>
    [Fact]
    public void Server_features_look_only_to_the_left()
    {
        string[] line = ["Access", "Clusters", "Catalog", "Releases", "Values", "Plans", "Operations", "Backups", "Overview"];
        // Health of a release is shown by the runner; interfaces that the left owns are implemented on the right.
        var wrong = new List<string>();
        foreach (var type in Server.GetTypes().Where(t => t.Namespace?.StartsWith("Portal.Server.Features.", StringComparison.Ordinal) == true))
        {
            var own = Array.IndexOf(line, type.Namespace!.Split('.')[3]);
            foreach (var used in Used(type).Where(u => u.Namespace?.StartsWith("Portal.Server.Features.", StringComparison.Ordinal) == true))
            {
                if (Array.IndexOf(line, used.Namespace!.Split('.')[3]) > own)
                {
                    wrong.Add($"{type.FullName} -> {used.FullName}");
                }
            }
        }

        Assert.Empty(wrong.Distinct());
    }

    private static IEnumerable<Type> Used(Type type)
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        return type.GetFields(All).Select(f => f.FieldType)
            .Concat(type.GetConstructors(All).SelectMany(c => c.GetParameters()).Select(p => p.ParameterType))
            .Concat(type.GetMethods(All).SelectMany(m => m.GetParameters().Select(p => p.ParameterType).Append(m.ReturnType)))
            .SelectMany(t => t.IsGenericType ? t.GetGenericArguments().Append(t) : [t]);
    }
}
