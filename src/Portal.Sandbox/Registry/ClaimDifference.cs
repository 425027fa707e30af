using Portal.Sandbox.Json;

namespace Portal.Sandbox.Registry;

/// <summary>What differs between two specs of a claim, as the API server shows it: the lines of its own print of the spec, three around each change.</summary>
internal static class ClaimDifference
{
    private const int Around = 3;

    public static string Of(JsonMap before, JsonMap after)
    {
        var (old, now) = (Lines(before), Lines(after));
        // Lines are compared in place: from the first that differs to the last, seen from both ends.
        var start = 0;
        while (start < old.Count && start < now.Count && old[start] == now[start])
        {
            start++;
        }

        var same = 0;
        while (same < old.Count - start && same < now.Count - start && old[^(same + 1)] == now[^(same + 1)])
        {
            same++;
        }

        if (start == old.Count && start == now.Count)
        {
            return "";
        }

        var first = Math.Max(0, start - Around);
        var tail = Math.Min(Around, same);
        List<string> text = [$"@@ -{first + 1},{old.Count - same + tail - first} +{first + 1},{now.Count - same + tail - first} @@"];
        text.AddRange(old.Take(start).Skip(first).Select(l => " " + l));
        text.AddRange(old.Take(old.Count - same).Skip(start).Select(l => "-" + l));
        text.AddRange(now.Take(now.Count - same).Skip(start).Select(l => "+" + l));
        text.AddRange(now.Skip(now.Count - same).Take(tail).Select(l => " " + l));
        return "\n" + string.Join("\n", text) + "\n";
    }

    private static List<string> Lines(JsonMap spec)
    {
        List<string> lines = ["{"];
        void Value(string indent, string name, object? value, string end)
        {
            switch (value)
            {
                case JsonMap map:
                    lines.Add($"{indent}\"{name}\": {{");
                    var fields = map.ToList();
                    for (var i = 0; i < fields.Count; i++)
                    {
                        Value(indent + " ", fields[i].Key, fields[i].Value, i < fields.Count - 1 ? "," : "");
                    }

                    lines.Add(indent + "}" + end);
                    break;
                case List<object?> list:
                    lines.Add($"{indent}\"{name}\": [");
                    lines.AddRange(list.Select((item, i) => $"{indent} {JsonTree.Text(item)}{(i < list.Count - 1 ? "," : "")}"));
                    lines.Add(indent + "]" + end);
                    break;
                default:
                    lines.Add($"{indent}\"{name}\": {JsonTree.Text(value)}{end}");
                    break;
            }
        }

        Value(" ", "AccessModes", spec.At("accessModes"), ",");
        Value(" ", "Selector", spec.At("selector"), ",");
        Value(" ", "Resources", new JsonMap { ["Limits"] = spec.At("resources", "limits"), ["Requests"] = spec.At("resources", "requests") }, ",");
        Value(" ", "VolumeName", spec.Text("volumeName") ?? "", ",");
        Value(" ", "StorageClassName", spec.At("storageClassName"), ",");
        Value(" ", "VolumeMode", spec.At("volumeMode"), ",");
        Value(" ", "DataSource", spec.At("dataSource"), ",");
        Value(" ", "DataSourceRef", spec.At("dataSourceRef"), ",");
        Value(" ", "VolumeAttributesClassName", spec.At("volumeAttributesClassName"), "");
        lines.Add("}");
        return lines;
    }
}
