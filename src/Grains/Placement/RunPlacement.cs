using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Placement;

/// <summary>
/// Where an incarnation has its blocks and shards; the scorer of each silo lives beside its blocks. Part of the manifest, so that whoever
/// takes over keeps what lives where it is.
/// </summary>
/// <remarks>
/// Hashing alone is either uneven or moves too much: with two silos and the 47 blocks of 12,000 clusters rendezvous hashing is off by 15%
/// typically, and each step waits for the fullest silo; round robin is even, but a silo that joins moves nearly everything. The sequencer
/// knows where everything is, so it can have both: parts stay, except those above a silo's even share, and of homeless ones each goes to
/// the emptiest silo. The parts of each head are spread evenly by themselves, because each head waits for its own, and each silo scores
/// what it has; shards by number. Ties go in the run's own order of the silos (<see cref="Placement.Silos.Order"/>), whose first is also
/// the home of the sequencer: the embeddings for the scorer beside it travel nowhere.
/// </remarks>
/// <param name="Silos">Those that take part, by the names that <see cref="Placement.Silos"/> gives them.</param>
/// <param name="Blocks">Per head and block: index of its silo.</param>
/// <param name="Shards">Per shard.</param>
[GenerateSerializer, Immutable]
[Alias("coke.placement")]
sealed record RunPlacement([property: Id(0)] string[] Silos, [property: Id(2)] int[][] Blocks, [property: Id(3)] int[] Shards)
{
    /// <summary>The homes of a head's blocks.</summary>
    public string[] BlocksOf(int head) => [.. Blocks[head].Select(silo => Silos[silo])];

    /// <summary>The home of a shard.</summary>
    public string Shard(int shard) => Silos[Shards[shard]];

    /// <summary>A part of the run lives there.</summary>
    public bool Uses(string silo) =>
        Array.IndexOf(Silos, silo) is >= 0 and var s && (Shards.Contains(s) || Blocks.Any(head => head.Contains(s)));

    /// <summary>Every part of the run lives on one of these.</summary>
    public bool IsWithin(IReadOnlyCollection<string> silos) => Silos.All(silo => silos.Contains(silo) || !Uses(silo));

    /// <summary>Both have everything at the same place.</summary>
    public bool IsSameAs(RunPlacement other)
    {
        bool Same(int[] mine, int[] others) =>
            mine.Length == others.Length && mine.Zip(others).All(pair => Silos[pair.First] == other.Silos[pair.Second]);
        return Same(Shards, other.Shards)
            && Blocks.Length == other.Blocks.Length
            && Blocks.Zip(other.Blocks).All(pair => Same(pair.First, pair.Second));
    }

    /// <summary>Spreads a run over silos, moving as little as an even spread allows. Planned again over the same silos nothing
    /// moves.</summary>
    /// <param name="present">Where everything is; null: nowhere.</param>
    /// <param name="order">Where it may be, in the order of the run; none: nobody cares, and the answer is null.</param>
    /// <param name="options">Its heads and images.</param>
    /// <param name="layout">Its blocks and shards.</param>
    public static RunPlacement? Plan(RunPlacement? present, string[] order, ClusteringOptions options, RunLayout layout)
    {
        if (order.Length == 0)
            return null;
        // A silo that stays keeps its place before those that come: else calls on their way would find another scorer of that name.
        var silos = present is null ? order : [.. present.Silos.Where(order.Contains), .. order.Except(present.Silos)];
        int[] ranks = [.. silos.Select(silo => Array.IndexOf(order, silo))];
        var load = new long[silos.Length];
        int[] Spread(int[]? before, long[] weights, long[] total) =>
            Even(
                [.. weights.Select((_, i) => before is null ? -1 : Array.IndexOf(silos, present!.Silos[before[i]]))],
                weights,
                total,
                ranks
            );
        var blocks = options
            .Heads.Select((head, h) => Spread(present?.Blocks[h], Ones(layout.BlockCount(head.ClusterCount)), load))
            .ToArray();
        return new RunPlacement(silos, blocks, Spread(present?.Shards, Ones(layout.ShardCount(options.ImageCount)), load));
    }

    static long[] Ones(int n) => [.. Enumerable.Repeat(1L, n)];

    /// <summary>Gives every silo floor(n / silos) or one more of the parts; who is there and within that stays.</summary>
    /// <param name="at">Per part: its silo, or -1.</param>
    /// <param name="weights">Per part: its weight, which breaks ties only.</param>
    /// <param name="load">Per silo: what it has of other kinds; what is given here is added.</param>
    /// <param name="ranks">Per silo: where it stands in the order of the run, for what is still even.</param>
    static int[] Even(int[] at, long[] weights, long[] load, int[] ranks)
    {
        var share = at.Length / load.Length;
        var has = new int[load.Length];
        foreach (var silo in at)
            if (silo >= 0)
                has[silo]++;
        var richest = Enumerable
            .Range(0, load.Length)
            .Where(silo => has[silo] > share)
            .OrderBy(silo => load[silo])
            .ThenBy(silo => ranks[silo])
            .Take(at.Length % load.Length)
            .ToHashSet();
        int[] result = [.. at];
        Array.Clear(has);
        var heaviestFirst = Enumerable.Range(0, at.Length).OrderByDescending(i => weights[i]).ToArray();
        foreach (var i in heaviestFirst)
        {
            if (at[i] >= 0 && has[at[i]] < share + (richest.Contains(at[i]) ? 1 : 0))
                Give(i, at[i]);
            else
                result[i] = -1;
        }

        foreach (var i in heaviestFirst.Where(i => result[i] < 0))
            Give(
                i,
                Enumerable.Range(0, load.Length).OrderBy(silo => has[silo]).ThenBy(silo => load[silo]).ThenBy(silo => ranks[silo]).First()
            );
        return result;

        void Give(int i, int silo)
        {
            result[i] = silo;
            has[silo]++;
            load[silo] += weights[i];
        }
    }
}
