using System.Net.Http.Json;
using LibGit2Sharp;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Portal.Core;
using Portal.Core.Values;
using Portal.Server.Data;
using Portal.Server.Features.Values;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Values;

/// <summary>Values revisions as commits: author, time and message of each, no secret in any; a repository that was lost, moved or away is filled up again.</summary>
public sealed class GitHistoryTests(PortalServer portal) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("git-history").FullName;
    private TestRelease _release = null!;

    private string Remote => Path.Combine(_folder, "remote.git");

    public async ValueTask InitializeAsync()
    {
        using (var remote = new Repository(Repository.Init(Remote, isBare: true)))
        {
            remote.Refs.UpdateTarget("HEAD", "refs/heads/main");
        }

        _release = await TestRelease.PrepareAsync(portal, "# kept\nlevel: info\nadminPassword: Canary-of-Git-1\n");
        await SaveAsync(1, "# kept\nlevel: debug\nadminPassword: Canary-of-Git-2\n", "More words in the log\n\nfor a week");
    }

    public ValueTask DisposeAsync()
    {
        // Git's objects are read-only.
        foreach (var file in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
        {
            File.SetAttributes(file, FileAttributes.Normal);
        }

        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Each_revision_is_a_commit_by_its_author_without_its_secrets()
    {
        await RunAsync();
        using var remote = new Repository(Remote);
        var commits = Mine(remote);
        Assert.Equal(["More words in the log", "first values"], commits.Select(c => c.MessageShort == "More words in the log" ? c.MessageShort : "first values"));
        Assert.All(commits, c => Assert.Equal("admin", c.Author.Name));
        Assert.Contains("\nValues-Revision: 2\n", commits[0].Message, StringComparison.Ordinal);
        Assert.Equal("# kept\nlevel: debug\nadminPassword: (secret)\n", ValuesOf(remote));
        Assert.All(remote.ObjectDatabase.OfType<Blob>(), b => Assert.DoesNotContain("Canary-of-Git", b.GetContentText(), StringComparison.Ordinal));

        var summary = (await GetAsync<Page<ValuesRevisionSummary>>(portal.Viewer, $"releases/{_release.Id}/values")).Items;
        Assert.Equal(commits.Select(c => c.Sha), summary.Select(r => r.Commit));
        Assert.InRange((commits[0].Author.When - summary[0].CreatedAt).Duration(), TimeSpan.Zero, TimeSpan.FromSeconds(1));

        var before = remote.Head.Tip.Sha;
        await RunAsync();
        Assert.Equal(commits[0].Sha, Mine(remote)[0].Sha);
        Assert.Contains(before, remote.Commits.Select(c => c.Sha));
    }

    [Fact]
    public async Task A_repository_that_was_lost_and_a_branch_that_went_on_are_filled_up()
    {
        await RunAsync();
        Directory.Move(Path.Combine(_folder, "data"), Path.Combine(_folder, "lost"));
        string theirs;
        using (var remote = new Repository(Remote))
        {
            var somebody = new Signature("Somebody", "somebody@example.com", DateTimeOffset.UtcNow);
            theirs = remote.ObjectDatabase.CreateCommit(somebody, somebody, "A note", remote.Head.Tip.Tree, [remote.Head.Tip], prettifyMessage: true).Sha;
            remote.Refs.UpdateTarget("refs/heads/main", theirs);
        }

        await SaveAsync(2, "level: warn\n", "Quiet again");
        await RunAsync();
        using var after = new Repository(Remote);
        Assert.Contains(theirs, after.Commits.Select(c => c.Sha));
        Assert.Equal(3, Mine(after).Count);
        Assert.Equal("level: warn\n", ValuesOf(after));
    }

    [Fact]
    public async Task A_remote_that_is_away_is_said_and_gets_everything_later()
    {
        Directory.Move(Remote, Remote + ".away");
        var status = await RunAsync();
        Assert.NotNull(status.Error);
        Directory.Move(Remote + ".away", Remote);
        status = await RunAsync();
        Assert.Null(status.Error);
        using var remote = new Repository(Remote);
        Assert.Equal(2, Mine(remote).Count);
        Assert.Equal(remote.Head.Tip.Sha, status.Head);
    }

    [Fact]
    public async Task Without_settings_there_is_none()
    {
        Assert.False((await GetAsync<GitHistoryStatus>(portal.Viewer, "git-history")).Enabled);
    }

    [Theory]
    [InlineData("ssh://git.example.com/values.git", "ssh is not supported")]
    [InlineData("https://me:secret@git.example.com/values.git", "set PORTAL_GIT_USER")]
    public void What_cannot_be_a_remote_ends_the_start(string remote, string said)
    {
        var configuration = new Microsoft.Extensions.Configuration.ConfigurationManager { ["PORTAL_GIT_REMOTE"] = remote };
        Assert.Contains(said, Assert.Throws<SettingsException>(() => GitSettings.Read(configuration)).Message, StringComparison.Ordinal);
    }

    // Other tests save values at the same time: this one looks at its own release.
    private List<Commit> Mine(Repository repository) => [.. repository.Commits.Where(c => c.Message.Contains($"/{_release.Name}/{_release.Name}\n", StringComparison.Ordinal))];

    private string ValuesOf(Repository repository)
    {
        var cluster = repository.Head.Tip.Tree.Single(t => ((Tree)t.Target)[$"{_release.Name}/{_release.Name}/values.yaml"] is not null).Name;
        return ((Blob)repository.Head.Tip[$"{cluster}/{_release.Name}/{_release.Name}/values.yaml"].Target).GetContentText();
    }

    private async Task<GitHistoryStatus> RunAsync()
    {
        var settings = portal.Services.GetRequiredService<PortalSettings>() with { DataDirectory = Path.Combine(_folder, "data"), Git = new GitSettings(Remote, "main", null, null) };
        using var history = new GitHistory(
            portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>(), settings, portal.Services.GetRequiredService<ValuesStore>(), TimeProvider.System, NullLogger<GitHistory>.Instance);
        await history.RunAsync(TestContext.Current.CancellationToken);
        return await history.StatusAsync(TestContext.Current.CancellationToken);
    }

    private async Task SaveAsync(int edited, string text, string message)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Routes.Api}/releases/{_release.Id}/values") { Content = JsonContent.Create(new SaveValuesRequest(text, message), options: Json) };
        request.Headers.IfMatch.ParseAdd($"\"{edited}\"");
        await ReadAsync<ValuesRevision>(await portal.Admin.SendAsync(request));
    }
}
