namespace Portal.Client.Shared;

/// <summary>Something began or ended on a page: who counts, counts anew.</summary>
public sealed class News
{
    public event Action? Came;

    public void Tell() => Came?.Invoke();
}
