using System.Text;

namespace CoKe.Trainer.Tests.Evaluation;

/// <summary>Reads files of events by the format's description alone: no code of the writer, no protobuf library, the checksum bit by
/// bit.</summary>
static class TensorBoardFile
{
    public sealed record Event(double WallTime, long Step, string? Version, IReadOnlyDictionary<string, float> Values);

    /// <summary>Every event; fails where a length or a checksum is wrong, or bytes are left over.</summary>
    public static List<Event> Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var events = new List<Event>();
        var at = 0;
        while (at < bytes.Length)
        {
            var length = (int)BitConverter.ToUInt64(bytes, at);
            Assert.Equal(Mask(Crc(bytes.AsSpan(at, 8))), BitConverter.ToUInt32(bytes, at + 8));
            Assert.Equal(Mask(Crc(bytes.AsSpan(at + 12, length))), BitConverter.ToUInt32(bytes, at + 12 + length));
            events.Add(ReadEvent(bytes.AsSpan(at + 12, length)));
            at += 16 + length;
        }
        Assert.Equal(bytes.Length, at);
        return events;
    }

    /// <summary>CRC-32C by its polynomial, reversed.</summary>
    public static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xffffffffu;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
        }
        return ~crc;
    }

    static uint Mask(uint crc) => ((crc >> 15) | (crc << 17)) + 0xa282ead8u;

    static Event ReadEvent(ReadOnlySpan<byte> bytes)
    {
        var (time, step, version, values) = (0.0, 0L, (string?)null, new Dictionary<string, float>());
        foreach (var (field, start, length, number) in Fields(bytes))
            switch (field)
            {
                case 1:
                    time = BitConverter.Int64BitsToDouble(number);
                    break;
                case 2:
                    step = number;
                    break;
                case 3:
                    version = Encoding.UTF8.GetString(bytes.Slice(start, length));
                    break;
                case 5:
                    var summary = bytes.Slice(start, length);
                    foreach (var value in Fields(summary))
                    {
                        Assert.Equal(1, value.Field);
                        var one = summary.Slice(value.Start, value.Length);
                        var parts = Fields(one).ToDictionary(part => part.Field);
                        values.Add(
                            Encoding.UTF8.GetString(one.Slice(parts[1].Start, parts[1].Length)),
                            BitConverter.Int32BitsToSingle((int)parts[2].Number)
                        );
                    }
                    break;
                default:
                    Assert.Fail($"field {field}");
                    break;
            }
        return new Event(time, step, version, values);
    }

    static List<(int Field, int Start, int Length, long Number)> Fields(ReadOnlySpan<byte> bytes)
    {
        var fields = new List<(int, int, int, long)>();
        var at = 0;
        while (at < bytes.Length)
        {
            var tag = Varint(bytes, ref at);
            var field = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    fields.Add((field, at, 0, Varint(bytes, ref at)));
                    break;
                case 1:
                    fields.Add((field, at, 8, BitConverter.ToInt64(bytes[at..])));
                    at += 8;
                    break;
                case 5:
                    fields.Add((field, at, 4, BitConverter.ToInt32(bytes[at..])));
                    at += 4;
                    break;
                case 2:
                    var length = (int)Varint(bytes, ref at);
                    fields.Add((field, at, length, 0));
                    at += length;
                    break;
                default:
                    Assert.Fail($"wire type {tag & 7}");
                    break;
            }
        }
        Assert.Equal(bytes.Length, at);
        return fields;
    }

    static long Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        var (value, shift) = (0L, 0);
        for (; ; shift += 7)
        {
            var part = bytes[at++];
            value |= (long)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }
    }
}
