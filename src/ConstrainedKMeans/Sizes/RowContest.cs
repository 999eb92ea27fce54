using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace CoKe.ConstrainedKMeans;

/// <summary>A chunk of rows in a <see cref="PricePass"/>: each row's label and the clusters that contend for it.</summary>
sealed unsafe class RowContest
{
    /// <summary>More than float32 loses of x . c + rho while prices stay within <see cref="PricePass.LargestPrice"/>;
    /// fixed-point.</summary>
    public const long Rounding = (1L << 40) >> 19;

    readonly List<int> _rows = [];
    readonly List<int> _starts = [];
    readonly List<int> _clusters = [];
    readonly List<float> _values = [];
    readonly List<int> _kept = [];
    readonly List<float> _keptValues = [];

    /// <summary>Sum of the rows' best x . c_k + rho_k, fixed-point.</summary>
    public long Total { get; private set; }

    /// <summary>Sum of the rows' highest x . c, fixed-point.</summary>
    public long Highest { get; private set; }

    /// <summary>Rows whose label is not their most similar center's.</summary>
    public int Moved { get; private set; }

    /// <summary>Rows with more than one cluster within the window.</summary>
    public int Count => _rows.Count;

    /// <summary>Labels the rows of a chunk.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="similarities">Count x <paramref name="padded"/>: x . c.</param>
    /// <param name="prices">rho_k as float32, minus infinity beyond K.</param>
    /// <param name="nothing">Prices of 0, minus infinity beyond K.</param>
    /// <param name="padded">K, rounded up to whole vectors.</param>
    /// <param name="exactPrices">rho_k, fixed-point.</param>
    /// <param name="labels">Of all rows.</param>
    /// <param name="window">Clusters so far below the best contend; negative: no row contends.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Label(
        int first,
        int count,
        float* similarities,
        float* prices,
        float* nothing,
        int padded,
        long[] exactPrices,
        int[] labels,
        long window
    )
    {
        _rows.Clear();
        _starts.Clear();
        _clusters.Clear();
        _values.Clear();
        (Total, Highest, Moved) = (0, 0, 0);
        var reach = (float)FixedPoint.ToDouble(Math.Max(window, 0) + Rounding);
        for (var i = 0; i < count; i++)
        {
            var s = similarities + (long)i * padded;
            var start = _clusters.Count;
            Emit(s, prices, padded, Best(s, prices, padded) - reach);
            Decide(ref labels[first + i], start, exactPrices);
            var highest = Best(s, nothing, padded);
            Highest += FixedPoint.Of(highest);
            if (s[labels[first + i]] < highest)
                Moved++;
            if (window < 0 || _clusters.Count - start < 2)
            {
                CollectionsMarshal.SetCount(_clusters, start);
                CollectionsMarshal.SetCount(_values, start);
            }
            else
            {
                _rows.Add(first + i);
                _starts.Add(start);
            }
        }

        _starts.Add(_clusters.Count);
    }

    /// <summary>Hands over the r-th row that contends, if more than one cluster lies within the window; false: there is no room.</summary>
    public bool TryAdd(int r, long[] exactPrices, long window, Contenders contenders)
    {
        var ofRow = CollectionsMarshal.AsSpan(_clusters)[_starts[r].._starts[r + 1]];
        var similarity = CollectionsMarshal.AsSpan(_values)[_starts[r].._starts[r + 1]];
        var best = long.MinValue;
        for (var e = 0; e < ofRow.Length; e++)
            best = Math.Max(best, FixedPoint.Of(similarity[e]) + exactPrices[ofRow[e]]);
        _kept.Clear();
        _keptValues.Clear();
        for (var e = 0; e < ofRow.Length; e++)
        {
            if (FixedPoint.Of(similarity[e]) + exactPrices[ofRow[e]] < best - window)
                continue;
            _kept.Add(ofRow[e]);
            _keptValues.Add(similarity[e]);
        }

        return _kept.Count < 2 || contenders.TryAdd(_rows[r], CollectionsMarshal.AsSpan(_kept), CollectionsMarshal.AsSpan(_keptValues));
    }

    /// <summary>The highest s + price of a padded row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Best(float* s, float* prices, int padded)
    {
        var best = Vector256.Create(float.NegativeInfinity);
        for (var k = 0; k < padded; k += 8)
            best = Vector256.MaxNative(best, Vector256.Load(s + k) + Vector256.Load(prices + k));
        var most = best[0];
        for (var lane = 1; lane < 8; lane++)
            most = Math.Max(most, best[lane]);
        return most;
    }

    // The exact best of those emitted; the label stays if it is one of them, else the lowest cluster wins.
    void Decide(ref int label, int start, long[] exactPrices)
    {
        long best = long.MinValue,
            own = long.MinValue;
        var winner = -1;
        for (var e = start; e < _clusters.Count; e++)
        {
            var value = FixedPoint.Of(_values[e]) + exactPrices[_clusters[e]];
            if (value > best)
                (best, winner) = (value, _clusters[e]);
            if (_clusters[e] == label)
                own = value;
        }

        Total += best;
        if (own < best)
            label = winner;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Emit(float* s, float* prices, int padded, float least)
    {
        var limit = Vector256.Create(least);
        for (var k = 0; k < padded; k += 8)
        {
            var near = Vector256.GreaterThanOrEqual(Vector256.Load(s + k) + Vector256.Load(prices + k), limit).ExtractMostSignificantBits();
            for (; near != 0; near &= near - 1)
            {
                var at = k + BitOperations.TrailingZeroCount(near);
                _clusters.Add(at);
                _values.Add(s[at]);
            }
        }
    }
}
