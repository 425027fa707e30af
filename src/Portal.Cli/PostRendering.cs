namespace Portal.Cli;

/// <summary><c>--post-renderer</c>: since Helm 4 the name of a plugin that "helm plugin install" brought (pkg/postrenderer). This command runs no plugins.</summary>
internal static class PostRendering
{
    public static readonly Flag[] Flags = [new("post-renderer", FlagKind.Text, ""), new("post-renderer-args", FlagKind.Texts, "")];

    /// <summary>Objects that were not changed must not look as if they were. Arguments without a renderer change nothing in Helm either.</summary>
    /// <exception cref="UsageException">A post-renderer is asked for.</exception>
    public static void Refuse(FlagSet flags)
    {
        if (flags.One("post-renderer") is { Length: > 0 } plugin)
        {
            throw new UsageException($"invalid argument \"{plugin}\" for \"--post-renderer\" flag: it names a plugin of Helm's, and iomete-portal runs no plugins: give it the output of \"template\" instead");
        }
    }
}
