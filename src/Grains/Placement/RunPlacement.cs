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
/// the emptiest silo. The blocks of each head are spread evenly by themselves, because each head waits for its own. Which silos have one
/// more of which head is chosen so that all blocks of the run are spread evenly too, because each silo scores what it has: many heads of
/// one block each use all silos. Shards are spread by number. Ties go in the run's own order of the silos
/// (<see cref="Placement.Silos.Order"/>), whose first is also the home of the sequencer: the embeddings for the scorer beside it travel
/// nowhere.
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
        int[][] Spread(params (int[]? Before, int[] Sizes)[] kinds) =>
            Even(
                Array.ConvertAll(kinds, kind =>
                    kind.Before is { } before
                        ? Array.ConvertAll(before, silo => Array.IndexOf(silos, present!.Silos[silo]))
                        : Array.ConvertAll(kind.Sizes, _ => -1)
                ),
                Array.ConvertAll(kinds, kind => kind.Sizes),
                load,
                ranks
            );
        var blocks = Spread([.. options.Heads.Select((head, h) => (present?.Blocks[h], SizesOf(head.ClusterCount, layout)))]);
        int[] shards = [.. Enumerable.Repeat(1, layout.ShardCount(options.ImageCount))];
        return new RunPlacement(silos, blocks, Spread((present?.Shards, shards))[0]);
    }

    /// <summary>The clusters of every block of a head: the last one may have fewer than the others.</summary>
    static int[] SizesOf(int clusters, RunLayout layout) =>
        [
            .. Enumerable
                .Range(0, layout.BlockCount(clusters))
                .Select(block => Math.Min(layout.ClustersPerBlock, clusters - (block * layout.ClustersPerBlock))),
        ];

    /// <summary>Gives every silo its <see cref="EvenShares"/> of the parts of each kind; who is there and within that stays.</summary>
    /// <param name="at">Per kind and part: its silo, or -1.</param>
    /// <param name="sizes">Per kind and part: how much it is, the largest ones first.</param>
    /// <param name="load">Per silo: how much it has; what is given here is added.</param>
    /// <param name="ranks">Per silo: where it stands in the order of the run, for what is still even.</param>
    static int[][] Even(int[][] at, int[][] sizes, long[] load, int[] ranks)
    {
        int[] order = [.. Enumerable.Range(0, load.Length).OrderBy(silo => load[silo]).ThenBy(silo => ranks[silo])];
        int[][] has = [.. at.Select(kind => order.Order().Select(silo => kind.Count(home => home == silo)).ToArray())];
        var shares = new EvenShares(has, Array.ConvertAll(at, kind => kind.Length), order);
        return [.. at.Select((kind, k) => Fill(kind, sizes[k], shares.Of(k)))];

        int[] Fill(int[] homes, int[] size, int[] room)
        {
            var result = Array.ConvertAll(homes, _ => -1);
            var isHeavy = Array.ConvertAll(load, one => one * load.Length > load.Sum());
            foreach (var silo in order)
            {
                // As many leave either way; who has much already keeps the small ones.
                var here = Enumerable.Range(0, homes.Length).Where(i => homes[i] == silo);
                foreach (var i in (isHeavy[silo] ? here.Reverse() : here).Take(room[silo]).ToArray())
                    Give(i, silo);
            }

            for (var i = 0; i < homes.Length; i++)
                if (result[i] < 0)
                    Give(i, order.OrderByDescending(silo => room[silo]).ThenBy(silo => load[silo]).First());
            return result;

            void Give(int i, int silo)
            {
                result[i] = silo;
                room[silo]--;
                load[silo] += size[i];
            }
        }
    }
}
