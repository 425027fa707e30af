using System.Text;
using LibGit2Sharp;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Values;

/// <summary>What of a release goes into Git: where it lies, and which values revision it is at.</summary>
/// <param name="Folder">Cluster, namespace and name, each fit for a path.</param>
/// <param name="Id">Whose values: a release that was removed and added again begins anew.</param>
/// <param name="About">What release.yaml says beside id and revision.</param>
internal sealed record GitRelease(string Folder, string Id, IReadOnlyDictionary<string, object?> About);

/// <summary>One values revision as a commit. The text holds no secrets; the time is UTC.</summary>
internal sealed record GitRevision(int Number, string Text, string Author, string Message, DateTimeOffset CreatedAt);

/// <summary>
/// A bare repository with one branch: CLUSTER/NAMESPACE/RELEASE/values.yaml, and release.yaml beside it, which says up to which revision it goes. What is missing is read from there, so a
/// repository that was lost, or a branch that somebody else moved, is filled up again.
/// </summary>
internal sealed class GitRepository : IDisposable
{
    private const string Remote = "origin";
    private readonly Repository _repository;
    private readonly GitSettings _settings;

    private GitRepository(Repository repository, GitSettings settings) => (_repository, _settings) = (repository, settings);

    private string Branch => "refs/heads/" + _settings.Branch;

    private string Fetched => $"refs/remotes/{Remote}/{_settings.Branch}";

    /// <summary>The newest commit's id, or null.</summary>
    public string? Head => Tip?.Sha;

    private Commit? Tip => _repository.Refs[Branch]?.ResolveToDirectReference().Target as Commit;

    public static GitRepository Open(string folder, GitSettings settings)
    {
        if (!Repository.IsValid(folder))
        {
            Repository.Init(folder, isBare: true);
        }

        var repository = new Repository(folder);
        try
        {
            repository.Refs.UpdateTarget("HEAD", "refs/heads/" + settings.Branch);
            // Nobody named the address that a server may send us to.
            repository.Config.Set("http.followRedirects", false);
            if (settings.Remote is { } remote)
            {
                if (repository.Network.Remotes[Remote] is null)
                {
                    repository.Network.Remotes.Add(Remote, remote);
                }
                else
                {
                    repository.Network.Remotes.Update(Remote, r => r.Url = remote);
                }
            }

            return new GitRepository(repository, settings);
        }
        catch (LibGit2SharpException)
        {
            repository.Dispose();
            throw;
        }
    }

    public void Dispose() => _repository.Dispose();

    /// <summary>Goes on from what the remote has: it is shared, and ours is filled up again from the database.</summary>
    /// <exception cref="LibGit2SharpException">The remote does not answer, or refuses.</exception>
    public void Fetch()
    {
        if (_settings.Remote is null)
        {
            return;
        }

        // What is gone there must not be taken for what is there.
        if (_repository.Refs[Fetched] is { } before)
        {
            _repository.Refs.Remove(before);
        }

        Commands.Fetch(_repository, Remote, [$"+refs/heads/*:refs/remotes/{Remote}/*"], new FetchOptions { CredentialsProvider = Credentials, TagFetchMode = TagFetchMode.None }, null);
        if (_repository.Refs[Fetched]?.ResolveToDirectReference().Target is Commit theirs && (Tip is not { } ours || _repository.ObjectDatabase.FindMergeBase(ours, theirs) != theirs))
        {
            _repository.Refs.Add(Branch, theirs.Id, allowOverwrite: true);
        }
    }

    /// <summary>Up to which revision a release's values are there.</summary>
    public int Reached(GitRelease release)
    {
        if (Tip?[$"{release.Folder}/release.yaml"]?.Target is not Blob blob)
        {
            return 0;
        }

        try
        {
            var about = GoYaml.ReadTable(blob.GetContentText());
            return about.GetValueOrDefault("id") as string == release.Id && about.GetValueOrDefault("revision") is double or long or int ? Convert.ToInt32(about["revision"], null) : 0;
        }
        catch (YamlException)
        {
            // Somebody wrote there: what the portal knows is written again.
            return 0;
        }
    }

    /// <summary>Adds a commit and returns its id.</summary>
    public string Commit(GitRelease release, GitRevision revision)
    {
        var about = new Dictionary<string, object?>(release.About, StringComparer.Ordinal) { ["id"] = release.Id, ["revision"] = (long)revision.Number };
        var tree = Tip is { } tip ? TreeDefinition.From(tip) : new TreeDefinition();
        Add("values.yaml", revision.Text);
        Add("release.yaml", GoYaml.Write(about));
        var author = new Signature(revision.Author, $"{Folder(revision.Author)}@portal.invalid", revision.CreatedAt);
        var committer = new Signature("Iomete Portal", "portal@portal.invalid", revision.CreatedAt);
        var commit = _repository.ObjectDatabase.CreateCommit(
            author, committer, $"{revision.Message}\n\nRelease: {release.Folder}\nValues-Revision: {revision.Number}\n", _repository.ObjectDatabase.CreateTree(tree), Tip is { } parent ? [parent] : [], prettifyMessage: true);
        _repository.Refs.Add(Branch, commit.Id, allowOverwrite: true);
        return commit.Sha;

        void Add(string name, string text)
        {
            using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
            tree.Add($"{release.Folder}/{name}", _repository.ObjectDatabase.CreateBlob(content), Mode.NonExecutableFile);
        }
    }

    /// <summary>Sends what the remote does not have.</summary>
    /// <exception cref="LibGit2SharpException">The remote does not answer, or refuses.</exception>
    public void Push()
    {
        if (_settings.Remote is null || Tip is null || Tip.Id == (_repository.Refs[Fetched]?.ResolveToDirectReference().Target as Commit)?.Id)
        {
            return;
        }

        string? refused = null;
        _repository.Network.Push(
            _repository.Network.Remotes[Remote], $"{Branch}:{Branch}", new PushOptions { CredentialsProvider = Credentials, OnPushStatusError = e => refused = $"{e.Reference}: {e.Message}" });
        if (refused is not null)
        {
            throw new LibGit2SharpException($"the remote refuses {refused}");
        }
    }

    /// <summary>A word as a part of a path: letters, digits and ._- stay.</summary>
    public static string Folder(string word)
    {
        var safe = string.Concat(word.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-')).Trim('.');
        return safe.Length == 0 || safe.Equals("git", StringComparison.OrdinalIgnoreCase) ? "-" + safe : safe;
    }

    private Credentials Credentials(string url, string? userNameInUrl, SupportedCredentialTypes types) =>
        _settings.UserName is { Length: > 0 } || _settings.Password is { Length: > 0 }
            ? new UsernamePasswordCredentials { Username = _settings.UserName ?? "", Password = _settings.Password ?? "" }
            : new DefaultCredentials();
}
