namespace CoKe.ConstrainedKMeans;

/// <summary>A small reproducible generator (SplitMix64): equal seeds give equal numbers on every machine. Not thread safe.</summary>
public sealed class SeededRandom
{
    const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    ulong _state;
    double? _spare;

    /// <summary>Starts the sequence of these seeds; their order and number matter.</summary>
    public SeededRandom(params ReadOnlySpan<int> seeds)
    {
        _state = Mix((ulong)seeds.Length + GoldenGamma);
        foreach (var seed in seeds)
            _state = Mix(_state ^ (uint)seed) + GoldenGamma;
    }

    /// <summary>Where the sequence stands: set to a value read before, the same numbers follow again.</summary>
    public SeededRandomState State
    {
        get => new(_state, _spare);
        set => (_state, _spare) = (value.Bits, value.Spare);
    }

    /// <summary>64 uniform bits.</summary>
    public ulong NextBits() => Mix(_state += GoldenGamma);

    /// <summary>Uniform in [0, 1).</summary>
    public double NextUniform() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0 to <paramref name="bound"/> - 1.</summary>
    public int NextInt32(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)Math.BigMul(NextBits(), (ulong)bound, out _);
    }

    /// <summary>Standard normal, by Marsaglia's polar method.</summary>
    public double NextNormal()
    {
        if (_spare is { } value)
        {
            _spare = null;
            return value;
        }

        double u,
            v,
            s;
        do
        {
            u = 2 * NextUniform() - 1;
            v = 2 * NextUniform() - 1;
            s = u * u + v * v;
        } while (s is 0 or >= 1);
        var scale = Math.Sqrt(-2 * Math.Log(s) / s);
        _spare = v * scale;
        return u * scale;
    }

    /// <summary>Shuffles in place (Fisher-Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt32(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>The numbers 0 to <paramref name="count"/> - 1 in random order.</summary>
    public int[] Permutation(int count)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
            order[i] = i;
        Shuffle<int>(order);
        return order;
    }

    static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

/// <summary>The place in a sequence of a <see cref="SeededRandom"/>.</summary>
/// <param name="Bits">The generator's 64 bits.</param>
/// <param name="Spare">A normal number drawn already and not handed out yet.</param>
public readonly record struct SeededRandomState(ulong Bits, double? Spare);
