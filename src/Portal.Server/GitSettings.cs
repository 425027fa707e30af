namespace Portal.Server;

/// <summary>The Git history of values: PORTAL_GIT, PORTAL_GIT_REMOTE, PORTAL_GIT_BRANCH, PORTAL_GIT_USER, PORTAL_GIT_PASSWORD.</summary>
/// <param name="Remote">Where commits are pushed to, over HTTP(S) or into a folder; null: they stay in PORTAL_DATA/git.</param>
/// <param name="Branch">The branch.</param>
/// <param name="UserName">For the remote, with the password or an access token.</param>
/// <param name="Password">For the remote.</param>
public sealed record GitSettings(string? Remote, string Branch, string? UserName, string? Password)
{
    /// <summary>What is configured; null when nothing is.</summary>
    /// <exception cref="SettingsException">A value cannot be used.</exception>
    public static GitSettings? Read(IConfiguration configuration)
    {
        var remote = configuration["PORTAL_GIT_REMOTE"] is { Length: > 0 } address ? address : null;
        var on = configuration["PORTAL_GIT"] is { Length: > 0 } said ? bool.TryParse(said, out var value) ? value : throw new SettingsException("PORTAL_GIT must be true or false") : remote is not null;
        if (!on)
        {
            return null;
        }

        if (remote is not null && !Path.IsPathRooted(remote))
        {
            if (!Uri.TryCreate(remote, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https" or "file"))
            {
                throw new SettingsException("PORTAL_GIT_REMOTE must be an http(s) address or a folder; ssh is not supported");
            }

            if (uri.UserInfo.Length > 0)
            {
                throw new SettingsException("PORTAL_GIT_REMOTE must not contain a user or password: set PORTAL_GIT_USER and PORTAL_GIT_PASSWORD");
            }
        }

        var branch = configuration["PORTAL_GIT_BRANCH"] is { Length: > 0 } name ? name : "main";
        return LibGit2Sharp.Reference.IsValidName("refs/heads/" + branch) ? new GitSettings(remote, branch, configuration["PORTAL_GIT_USER"], configuration["PORTAL_GIT_PASSWORD"])
            : throw new SettingsException($"PORTAL_GIT_BRANCH: {branch} is no name of a branch");
    }
}
