using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;

namespace Portal.Sandbox.Api;

/// <summary>The labelSelector and fieldSelector of a request.</summary>
internal sealed class ListSelectors
{
    private readonly List<(string Key, string Op, List<string> Values)> _labels = [];
    private readonly List<(string Path, bool Equal, string Value)> _fields = [];

    public bool Any => _labels.Count + _fields.Count > 0;

    /// <exception cref="ApiError">400: a selector cannot be read, or names a field that cannot be selected by.</exception>
    public static ListSelectors Read(string? labels, string? fields, ResourceKind kind)
    {
        var selectors = new ListSelectors();
        if (!string.IsNullOrEmpty(labels))
        {
            new Parser(labels).Read(selectors._labels);
        }

        if (!string.IsNullOrEmpty(fields))
        {
            selectors.ReadFields(fields, kind);
        }

        return selectors;
    }

    public bool Matches(JsonMap obj)
    {
        var labels = obj.Map("metadata", "labels") ?? [];
        return _labels.All(l => Selectors.Matches(l.Key, l.Op, l.Values, labels)) && _fields.All(f => (FieldOf(obj, f.Path) == f.Value) == f.Equal);
    }

    private static string FieldOf(JsonMap obj, string path)
    {
        if (path == "reportingComponent")
        {
            return obj.Text("reportingComponent") is { Length: > 0 } reporting ? reporting : obj.Text("source", "component") ?? "";
        }

        if (path == "source")
        {
            return obj.Text("source", "component") ?? "";
        }

        var value = obj.At(path.Split('.'));
        return value is null ? path is "spec.hostNetwork" or "spec.unschedulable" ? "false" : path is "status.replicas" or "status.successful" ? "0" : "" : JsonTree.Print(value);
    }

    private void ReadFields(string text, ResourceKind kind)
    {
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var not = part.IndexOf("!=", StringComparison.Ordinal);
            var at = not >= 0 ? not : part.IndexOf('=', StringComparison.Ordinal);
            if (at < 0)
            {
                throw ApiError.BadRequest($"invalid selector: '{text}'; can't understand '{part}'");
            }

            var path = part[..at];
            var value = part[(at + (not >= 0 || part.AsSpan(at).StartsWith("==") ? 2 : 1))..].Replace("\\,", ",", StringComparison.Ordinal);
            if (path is not ("metadata.name" or "metadata.namespace") && !Fields(kind).Contains(path))
            {
                throw ApiError.BadRequest(Fields(kind).Count == 0 && kind.Custom is null
                    ? $"\"{path}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                    : kind.Custom is not null ? $"field label not supported: {path}" : $"field label not supported: {path}");
            }

            _fields.Add((path, not < 0, value));
        }
    }

    private static IReadOnlyList<string> Fields(ResourceKind kind) => kind.Bucket switch
    {
        "/pods" => ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"],
        "/events" => ["involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"],
        "/secrets" => ["type"],
        "/namespaces" => ["status.phase"],
        "/nodes" => ["spec.unschedulable"],
        "/services" => ["spec.clusterIP", "spec.type"],
        "batch/jobs" => ["status.successful"],
        "apps/replicasets" or "/replicationcontrollers" => ["status.replicas"],
        "certificates.k8s.io/certificatesigningrequests" => ["spec.signerName"],
        _ => kind.Custom?.Selectable.Select(s => s.TrimStart('.')).ToList() ?? [],
    };

    /// <summary>The grammar of label selectors: <c>a=b,c!=d,e in (f,g),h notin (i),j,!k,l&gt;1</c>.</summary>
    private sealed class Parser(string text)
    {
        private int _at;

        public void Read(List<(string, string, List<string>)> requirements)
        {
            while (true)
            {
                if (Peek() is "")
                {
                    return;
                }

                requirements.Add(Requirement());
                var next = Take();
                if (next == "")
                {
                    return;
                }

                if (next != ",")
                {
                    throw ApiError.BadRequest($"found '{next}', expected: ',' or 'end of string'");
                }

                if (Peek() is "")
                {
                    throw ApiError.BadRequest("found '', expected: identifier after ','");
                }
            }
        }

        private (string, string, List<string>) Requirement()
        {
            var negated = Peek() == "!";
            if (negated)
            {
                Take();
            }

            var key = Take();
            if (key.Length == 0 || IsSymbol(key[0]))
            {
                throw ApiError.BadRequest($"found '{key}', expected: {(negated ? "identifier" : "!, identifier, or 'end of string'")}");
            }

            if (Registry.Validation.KeyProblem(key) is { } problem)
            {
                throw ApiError.BadRequest($"unable to parse requirement: <nil>: Invalid value: \"{key}\": {problem}");
            }

            if (negated)
            {
                return (key, "DoesNotExist", []);
            }

            switch (Peek())
            {
                case "" or ",":
                    return (key, "Exists", []);
                case "=" or "==":
                    Take();
                    return (key, "In", [Value(key)]);
                case "!=":
                    Take();
                    return (key, "NotIn", [Value(key)]);
                case ">":
                    Take();
                    return (key, "Gt", [Take()]);
                case "<":
                    Take();
                    return (key, "Lt", [Take()]);
                case "in":
                    Take();
                    return (key, "In", Values(key));
                case "notin":
                    Take();
                    return (key, "NotIn", Values(key));
                default:
                    throw ApiError.BadRequest($"unable to parse requirement: found '{Peek()}', expected: in, notin, =, ==, !=, gt, lt");
            }
        }

        private string Value(string key)
        {
            if (Peek() is "" or ",")
            {
                return "";
            }

            var value = Take();
            return Registry.Validation.LabelValueProblem(value) is { } problem
                ? throw ApiError.BadRequest($"unable to parse requirement: values[0][{key}]: Invalid value: \"{value}\": {problem}")
                : value;
        }

        private List<string> Values(string key)
        {
            if (Take() is var open && open != "(")
            {
                throw ApiError.BadRequest($"found '{open}' expected: '('");
            }

            var values = new List<string>();
            while (true)
            {
                switch (Peek())
                {
                    case ")":
                        Take();
                        if (values.Count == 0)
                        {
                            values.Add("");
                        }

                        return values;
                    case ",":
                        Take();
                        break;
                    case "":
                        throw ApiError.BadRequest("unable to parse requirement: found '', expected: ',' or ')'");
                    default:
                        values.Add(Value(key));
                        break;
                }
            }
        }

        private string Peek()
        {
            var at = _at;
            var token = Take();
            _at = at;
            return token;
        }

        private string Take()
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at]))
            {
                _at++;
            }

            if (_at >= text.Length)
            {
                return "";
            }

            var start = _at;
            if (IsSymbol(text[_at]))
            {
                _at++;
                while (_at < text.Length && text[start] is '=' or '!' && text[_at] == '=' && _at - start < 2)
                {
                    _at++;
                }

                return text[start.._at];
            }

            while (_at < text.Length && !IsSymbol(text[_at]) && !char.IsWhiteSpace(text[_at]))
            {
                _at++;
            }

            return text[start.._at];
        }

        private static bool IsSymbol(char c) => c is '=' or '!' or '(' or ')' or ',' or '>' or '<';
    }
}
