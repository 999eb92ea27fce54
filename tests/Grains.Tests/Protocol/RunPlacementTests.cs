using System.Globalization;
using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Placement;

namespace CoKe.Grains.Tests.Protocol;

public sealed class RunPlacementTests
{
    static readonly RunLayout Layout = new(256, 16_384);

    static readonly ClusteringOptions Options = new()
    {
        ImageCount = 1_281_167,
        Dimension = 8,
        BatchSize = 16,
        Heads = [new HeadOptions { ClusterCount = 3000 }, new HeadOptions { ClusterCount = 4000 }, new HeadOptions { ClusterCount = 5000 }],
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(100)]
    public void Plan_AnyNumberOfSilos_IsEvenAndStays(int silos)
    {
        var plan = Plan(null, Silos(silos));
        AssertEven(plan);
        Assert.True(plan.IsSameAs(Plan(plan, Silos(silos).Reverse())));
    }

    [Fact]
    public void Plan_RandomComingsAndGoings_StaysEvenAndMovesLittle()
    {
        var random = new SeededRandom(5, 0);
        var silos = Silos(3).ToList();
        var plan = Plan(null, silos);
        for (var n = 3; n < 300; n++)
        {
            if (silos.Count > 1 && random.NextInt32(2) == 0)
                silos.RemoveAt(random.NextInt32(silos.Count));
            else
                silos.Add($"silo {n}");
            var next = Plan(plan, silos);
            AssertEven(next);
            Assert.True(next.IsWithin(silos));
            AssertMovesLittle(Shards(plan), Shards(next), silos);
            plan = next;
        }
    }

    /// <summary>A run of many heads, each too small to be spread, uses every silo all the same.</summary>
    [Theory]
    [InlineData(new[] { 200, 200 }, new[] { 1, 1 })]
    [InlineData(new[] { 700, 700, 700 }, new[] { 5, 4 })]
    [InlineData(new[] { 100, 600, 100, 600, 100 }, new[] { 5, 4 })]
    public void Plan_ASiloJoinsARunOfSmallHeads_GetsItsShareOfAllBlocks(int[] heads, int[] blocks)
    {
        var options = Of(heads);
        var before = RunPlacement.Plan(null, ["a"], options, Layout)!;
        var after = RunPlacement.Plan(before, Order("run~1", ["a", "b"]), options, Layout)!;
        Assert.Equal(blocks, Blocks(after).CountBy(home => home).Select(home => home.Value).OrderDescending());
        Assert.Equal(blocks[1], Moved(before, after));
    }

    /// <summary>Silos that have as many blocks may have other clusters: the last block of a head is a small one.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Plan_HeadsWhoseLastBlockIsSmall_DoesNotGiveOneSiloAllLargeOnes(bool joins)
    {
        var options = Of([300, 300, 300, 300]); // 256 and 44
        var before = joins ? RunPlacement.Plan(null, ["a"], options, Layout) : null;
        var plan = RunPlacement.Plan(before, Order("run~1", ["a", "b"]), options, Layout)!;
        var large = plan.Blocks.Select(head => plan.Silos[head[0]]).CountBy(home => home).ToArray();
        Assert.Equal([2, 2], large.Select(home => home.Value));
    }

    /// <summary>Every way to spread a few blocks evenly is tried: none that is even, of each head and of all, moves fewer.</summary>
    [Fact]
    public void Plan_AnyBlocksAnywhere_IsEvenOverAllHeads_AndMovesAsFewAsThatNeeds()
    {
        var random = new SeededRandom(7, 0);
        for (var n = 0; n < 3_000; n++)
        {
            int[] heads = [.. Enumerable.Range(0, 1 + random.NextInt32(4)).Select(_ => 256 * (1 + random.NextInt32(5)))];
            string[] were = [.. Silos(1 + random.NextInt32(4))];
            string[] silos = [.. Silos(5).Where(_ => random.NextInt32(2) == 0).DefaultIfEmpty("silo 3").Take(4)];
            var before = new RunPlacement(were, [.. heads.Select(k => Anywhere(k / 256))], Anywhere(Layout.ShardCount(Options.ImageCount)));
            var options = Of(heads);
            var after = RunPlacement.Plan(before, Order("run~1", silos), options, Layout)!;
            AssertEven(after);
            Assert.Equal(LeastMoves(before, silos), Moved(before, after));
            Assert.True(after.IsSameAs(RunPlacement.Plan(after, Order("run~1", silos), options, Layout)!));

            int[] Anywhere(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextInt32(were.Length))];
        }
    }

    [Fact]
    public void Plan_ManySmallRuns_DoNotAllBeginAtOneSilo()
    {
        var one = new ClusteringOptions
        {
            ImageCount = 10,
            Dimension = 2,
            BatchSize = 2,
            Heads = [new HeadOptions { ClusterCount = 3 }],
        };
        var homes = Enumerable
            .Range(0, 100)
            .Select(run => RunPlacement.Plan(null, Order($"run~{run}", Silos(4)), one, Layout)!.BlocksOf(0)[0])
            .CountBy(home => home)
            .ToArray();
        Assert.Equal(4, homes.Length);
        Assert.All(homes, home => Assert.InRange(home.Value, 10, 45));
    }

    [Fact]
    public void Plan_NobodyKnowsTheSilos_IsNone() => Assert.Null(RunPlacement.Plan(null, [], Options, Layout));

    static RunPlacement Plan(RunPlacement? present, IEnumerable<string> silos) =>
        RunPlacement.Plan(present, Order("run~1", silos), Options, Layout)!;

    static string[] Order(string runId, IEnumerable<string> silos) => new Silos().Order(runId, [.. silos]);

    static IEnumerable<string> Silos(int count) => Enumerable.Range(0, count).Select(i => $"silo {i}");

    static string[] Shards(RunPlacement plan) => [.. plan.Shards.Select((_, s) => plan.Shard(s))];

    static string[] Blocks(RunPlacement plan) => [.. plan.Blocks.SelectMany((_, h) => plan.BlocksOf(h))];

    static int Moved(RunPlacement before, RunPlacement after) => Blocks(before).Zip(Blocks(after)).Count(pair => pair.First != pair.Second);

    static ClusteringOptions Of(int[] heads) =>
        Options with
        {
            Heads = [.. heads.Select(clusters => new HeadOptions { ClusterCount = clusters })],
        };

    static void AssertEven(RunPlacement plan)
    {
        foreach (var parts in plan.Blocks.Append(plan.Shards).Append([.. plan.Blocks.SelectMany(head => head)]))
        {
            var counts = Enumerable.Range(0, plan.Silos.Length).Select(silo => parts.Count(p => p == silo)).ToArray();
            Assert.True(counts.Max() - counts.Min() <= 1, string.Join(" ", counts));
        }
    }

    /// <summary>By trying, for every head, each set of silos that could have one more block of it than the others.</summary>
    static int LeastMoves(RunPlacement before, string[] silos)
    {
        var moves = new Dictionary<string, int> { [string.Join(' ', silos.Select(_ => 0))] = 0 }; // the least, by how many more each has
        for (var h = 0; h < before.Blocks.Length; h++)
        {
            var homes = before.BlocksOf(h);
            int[] has = [.. silos.Select(silo => homes.Count(home => home == silo))];
            var (share, extra) = Math.DivRem(homes.Length, silos.Length);
            var next = new Dictionary<string, int>();
            foreach (var (mores, least) in moves)
                for (var chosen = 0; chosen < 1 << silos.Length; chosen++)
                {
                    if (int.PopCount(chosen) != extra)
                        continue;
                    int[] more = [.. silos.Select((_, s) => (chosen >> s) & 1)];
                    var sums = string.Join(
                        ' ',
                        mores.Split(' ').Select((sum, s) => int.Parse(sum, CultureInfo.InvariantCulture) + more[s])
                    );
                    var moved = least + homes.Length - has.Select((there, s) => Math.Min(there, share + more[s])).Sum();
                    next[sums] = Math.Min(moved, next.GetValueOrDefault(sums, int.MaxValue));
                }

            moves = next;
        }

        return moves.Where(all => IsEven(all.Key)).Min(all => all.Value);

        static bool IsEven(string mores)
        {
            int[] sums = [.. mores.Split(' ').Select(sum => int.Parse(sum, CultureInfo.InvariantCulture))];
            return sums.Max() - sums.Min() <= 1;
        }
    }

    /// <summary>Of what is spread by itself moves what was homeless, and what the others had above their share.</summary>
    static void AssertMovesLittle(string[] before, string[] after, List<string> silos)
    {
        var share = before.Length / silos.Count;
        var extra = before.Length % silos.Count;
        var kept = silos
            .Select(silo => before.Count(home => home == silo))
            .OrderDescending()
            .Select((has, i) => Math.Min(has, share + (i < extra ? 1 : 0)))
            .Sum();
        Assert.Equal(before.Length - kept, before.Zip(after).Count(pair => pair.First != pair.Second));
    }
}
