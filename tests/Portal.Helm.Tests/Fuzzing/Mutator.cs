namespace Portal.Helm.Tests.Fuzzing;

/// <summary>Changes inputs at random; the same seed makes the same change.</summary>
internal sealed class Mutator(int seed, IReadOnlyList<byte[]> corpus, IReadOnlyList<string> words)
{
    private readonly Random _random = new(seed);

    /// <summary>An input of the corpus, changed in one to eight places.</summary>
    public byte[] Next()
    {
        var bytes = Pick(corpus).ToList();
        for (var changes = _random.Next(1, 9); changes > 0; changes--)
        {
            Change(bytes);
        }

        return [.. bytes];
    }

    private void Change(List<byte> bytes)
    {
        var at = _random.Next(bytes.Count + 1);
        var length = Math.Min(_random.Next(1, 20), bytes.Count - at);
        switch (_random.Next(7))
        {
            case 0:
                bytes.RemoveRange(at, length);
                break;
            case 1:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 2 when at < bytes.Count:
                bytes[at] = (byte)_random.Next(256);
                break;
            case 3 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 4:
                // A piece of another input.
                var other = Pick(corpus);
                var from = _random.Next(other.Length + 1);
                bytes.InsertRange(at, other.AsSpan(from, Math.Min(_random.Next(1, 60), other.Length - from)).ToArray());
                break;
            case 5 when bytes.Count > 0:
                // The same piece many times: nesting, long numbers.
                var piece = bytes.GetRange(Math.Min(at, bytes.Count - 1), Math.Min(3, bytes.Count - Math.Min(at, bytes.Count - 1)));
                for (var i = _random.Next(2, 50); i > 0; i--)
                {
                    bytes.InsertRange(at, piece);
                }

                break;
            default:
                bytes.InsertRange(at, System.Text.Encoding.UTF8.GetBytes(Pick(words)));
                break;
        }
    }

    private T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];
}
