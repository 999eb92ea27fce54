using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;

namespace CoKe.Web.Tests.Driving;

/// <summary>Arrays as another program writes and reads them, without our own reader and writer.</summary>
static class Body
{
    public const string Raw = "application/octet-stream",
        Npy = "application/x-npy";

    /// <summary>A body of these bytes.</summary>
    public static ByteArrayContent Of(byte[] bytes, string type = Raw)
    {
        var body = new ByteArrayContent(bytes);
        body.Headers.ContentType = new MediaTypeHeaderValue(type);
        return body;
    }

    /// <summary>A body of words, which tells its length.</summary>
    public static StringContent Json(JsonNode words) => new(words.ToJsonString(), Encoding.UTF8, "application/json");

    public static byte[] Bytes<T>(ReadOnlySpan<T> values)
        where T : unmanaged => MemoryMarshal.AsBytes(values).ToArray();

    public static T[] Values<T>(ReadOnlySpan<byte> bytes)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(bytes).ToArray();

    /// <summary>Ids as int64.</summary>
    public static byte[] Ids(params ReadOnlySpan<int> ids) => Bytes<long>([.. ids.ToArray().Select(id => (long)id)]);

    /// <summary>A mini-batch: ids, then rows.</summary>
    public static byte[] Part(ReadOnlySpan<int> ids, ReadOnlySpan<float> rows) => [.. Ids(ids), .. Bytes(rows)];

    /// <summary>The same as two .npy files.</summary>
    public static byte[] NpyPart(ReadOnlySpan<int> ids, ReadOnlySpan<float> rows, int d) =>
        [.. NpyFile("<i8", [ids.Length], Ids(ids)), .. NpyFile("<f4", [rows.Length / d, d], Bytes(rows))];

    /// <summary>An .npy file of version 1, as the format's description says.</summary>
    public static byte[] NpyFile(string type, long[] shape, byte[] values, bool isFortran = false)
    {
        var axes = string.Concat(shape.Select(axis => string.Create(CultureInfo.InvariantCulture, $"{axis}, ")));
        var text = $"{{'descr': '{type}', 'fortran_order': {(isFortran ? "True" : "False")}, 'shape': ({axes}), }}";
        text = text.PadRight(text.Length + 63 - ((10 + text.Length) % 64)) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, .. BitConverter.GetBytes((ushort)text.Length), .. Encoding.Latin1.GetBytes(text), .. values];
    }

    /// <summary>The values of the .npy files of an answer.</summary>
    public static List<(string Header, byte[] Values)> NpyFiles(byte[] bytes, params int[] lengths)
    {
        var files = new List<(string, byte[])>();
        var at = 0;
        foreach (var length in lengths)
        {
            var header = BitConverter.ToUInt16(bytes, at + 8);
            files.Add((Encoding.Latin1.GetString(bytes, at + 10, header), bytes[(at + 10 + header)..(at + 10 + header + length)]));
            at += 10 + header + length;
        }

        Assert.Equal(bytes.Length, at);
        return files;
    }
}
