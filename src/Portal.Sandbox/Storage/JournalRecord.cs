using System.Buffers.Binary;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Storage;

/// <summary>One write as it is kept on disk; without a key it marks the end of a snapshot.</summary>
internal sealed record JournalRecord(long Revision, ObjectKey? Key, JsonMap? Object)
{
    private const int Header = 8;

    /// <summary>Length and checksum (4 bytes each, little-endian), then JSON.</summary>
    public byte[] Encode()
    {
        var body = new JsonMap { ["r"] = Revision };
        if (Key is { } key)
        {
            body["b"] = key.Bucket;
            body["k"] = key.Path;
            body["o"] = Object;
        }

        var payload = JsonTree.Bytes(body);
        var record = new byte[Header + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(record, payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), Crc32.Of(payload));
        payload.CopyTo(record, Header);
        return record;
    }

    /// <summary>Reads one record at a position; null where the bytes are not a whole one.</summary>
    public static JournalRecord? Decode(ReadOnlySpan<byte> data, ref int position)
    {
        if (data.Length - position < Header)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(data[position..]);
        var crc = BinaryPrimitives.ReadUInt32LittleEndian(data[(position + 4)..]);
        if (length <= 0 || length > data.Length - position - Header)
        {
            return null;
        }

        var payload = data.Slice(position + Header, length);
        if (Crc32.Of(payload) != crc)
        {
            return null;
        }

        var body = (JsonMap)JsonTree.Parse(payload)!;
        position += Header + length;
        return new JournalRecord(body.Int("r") ?? 0, body.Text("b") is { } bucket ? new ObjectKey(bucket, body.Text("k")!) : null, body.Map("o"));
    }
}
