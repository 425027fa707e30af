namespace Portal.Helm.Yaml;

/// <summary>Walks through what <see cref="GoYaml.Read"/> gives.</summary>
public static class YamlTree
{
    /// <summary>All tables of a value at any depth, through lists as well; a table comes before those within it, the others in the order of the text.</summary>
    public static IEnumerable<Dictionary<string, object?>> Tables(object? node) => node switch
    {
        Dictionary<string, object?> table => table.Values.SelectMany(Tables).Prepend(table),
        List<object?> list => list.SelectMany(Tables),
        _ => [],
    };
}
