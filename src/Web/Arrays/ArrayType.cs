using System.Runtime.CompilerServices;

namespace CoKe.Web.Arrays;

/// <summary>The types of numbers that bodies and answers have: NumPy's codes, little-endian.</summary>
static class ArrayType
{
    public const string Int64 = "<i8",
        Int32 = "<i4",
        Float32 = "<f4",
        Bytes = "|u1";

    /// <summary>The code of a type of number.</summary>
    public static string Of<T>()
        where T : unmanaged =>
        default(T) switch
        {
            long => Int64,
            int => Int32,
            float => Float32,
            byte => Bytes,
            _ => throw new NotSupportedException($"No array holds {typeof(T).Name} of {Unsafe.SizeOf<T>()} bytes."),
        };

    /// <summary>NumPy's name of a code, as people know it.</summary>
    public static string Name(string code) =>
        code switch
        {
            Int64 => "int64",
            Int32 => "int32",
            Float32 => "float32",
            Bytes => "uint8",
            "<f8" => "float64",
            "<f2" => "float16",
            ['>', ..] => $"{code[1..]}, big-endian",
            _ => code,
        };
}
