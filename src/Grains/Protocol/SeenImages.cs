using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Protocol;

/// <summary>Which images the open epoch has accepted: one bit each.</summary>
sealed class SeenImages(int imageCount)
{
    readonly ulong[] _bits = new ulong[(imageCount + 63) / 64];

    /// <summary>Refuses negative and unknown ids.</summary>
    /// <exception cref="InvalidImageIdException">Names the first one.</exception>
    public static void CheckRange(ReadOnlySpan<int> ids, int imageCount)
    {
        foreach (var id in ids)
            if ((uint)id >= (uint)imageCount)
                throw new InvalidImageIdException("imageIds", $"{id}", $"image ids of this run are 0 to {imageCount - 1}.");
    }

    /// <summary>Marks all ids, or none when one is marked already or stands twice.</summary>
    public bool TryMark(ReadOnlySpan<int> ids, out int repeated)
    {
        for (var i = 0; i < ids.Length; i++)
        {
            ref var word = ref _bits[ids[i] >> 6];
            var bit = 1UL << (ids[i] & 63);
            if ((word & bit) != 0)
            {
                repeated = ids[i];
                Unmark(ids[..i]);
                return false;
            }

            word |= bit;
        }

        repeated = -1;
        return true;
    }

    public void Unmark(ReadOnlySpan<int> ids)
    {
        foreach (var id in ids)
            _bits[id >> 6] &= ~(1UL << (id & 63));
    }

    public void Clear() => Array.Clear(_bits);

    /// <summary>How many images are marked.</summary>
    public long Count
    {
        get
        {
            long count = 0;
            foreach (var word in _bits)
                count += System.Numerics.BitOperations.PopCount(word);
            return count;
        }
    }

    /// <summary>Marks what a shard has seen: one bit per image, lowest first.</summary>
    public void Load(int firstImage, int imageCount, ReadOnlySpan<byte> bits)
    {
        for (var i = 0; i < imageCount; i++)
        {
            if ((bits[i >> 3] & (1 << (i & 7))) != 0)
                _bits[(firstImage + i) >> 6] |= 1UL << ((firstImage + i) & 63);
        }
    }
}
