using CsCheck;

namespace CoKe.Grains.Tests.Durability;

/// <summary>What can happen to stored bytes.</summary>
static class Damage
{
    /// <summary>One bit or more of one byte.</summary>
    public static byte[] Flip(byte[] bytes, int at, byte mask)
    {
        var damaged = bytes.ToArray();
        damaged[at % bytes.Length] ^= mask;
        return damaged;
    }

    /// <summary>Where and how to flip.</summary>
    public static Gen<(int At, byte Mask)> Flips => Gen.Select(Gen.Int[0, int.MaxValue], Gen.Byte[1, 255]);

    /// <summary>Every shorter beginning; of long ones a few hundred.</summary>
    public static IEnumerable<byte[]> Truncations(byte[] bytes)
    {
        for (var length = 0; length < bytes.Length; length += 1 + (bytes.Length / 300))
            yield return bytes[..length];
    }
}
