namespace Portal.Helm.Rendering;

/// <summary>What the template function lookup asks of a cluster. Without one it answers an empty table, as Helm does.</summary>
public interface ILookup
{
    /// <summary>An object, or with an empty name a list object with "items". Empty when there is none.</summary>
    Dictionary<string, object?> Lookup(string apiVersion, string kind, string ns, string name);
}
