using System.Buffers.Binary;
using CoKe.ConstrainedKMeans;
using CoKe.Files;

namespace CoKe.Cli.Tests.Features;

/// <summary>Arrays as NumPy writes them, of any type and order: written value by value, apart from the code that reads.</summary>
static class ShardFile
{
    /// <summary>Writes rows x columns values.</summary>
    public static void Save(string path, float[] values, int columns, string type = "<f4", bool fortran = false)
    {
        var rows = values.Length / columns;
        using var stream = File.Create(path);
        new NpyHeader(type, fortran, [rows, columns]).Write(stream);
        for (var i = 0; i < values.Length; i++)
            stream.Write(Bytes(fortran ? values[(i % rows * columns) + (i / rows)] : values[i], type));
    }

    /// <summary>Seeded values that every type from int16 up holds exactly, none of a row zero.</summary>
    public static float[] Values(int rows, int columns, int seed = 1)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, rows * columns).Select(i => i % columns == 0 ? 1 : (float)(random.NextInt32(2000) - 1000))];
    }

    static byte[] Bytes(float value, string type)
    {
        var bytes = new byte[type[2] - '0'];
        switch (type)
        {
            case "<f2":
                BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)value);
                break;
            case "<f4":
                BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
                break;
            case ">f4":
                BinaryPrimitives.WriteSingleBigEndian(bytes, value);
                break;
            case "<f8":
                BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
                break;
            case "<i2":
                BinaryPrimitives.WriteInt16LittleEndian(bytes, (short)value);
                break;
            case ">i8":
                BinaryPrimitives.WriteInt64BigEndian(bytes, (long)value);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, null);
        }

        return bytes;
    }
}
