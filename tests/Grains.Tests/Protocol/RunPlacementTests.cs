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
            for (var h = 0; h < 3; h++)
                AssertMovesLittle(plan.BlocksOf(h), next.BlocksOf(h), silos);
            AssertMovesLittle(Shards(plan), Shards(next), silos);
            plan = next;
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

    static void AssertEven(RunPlacement plan)
    {
        foreach (var parts in plan.Blocks.Append(plan.Shards))
        {
            var counts = Enumerable.Range(0, plan.Silos.Length).Select(silo => parts.Count(p => p == silo)).ToArray();
            Assert.True(counts.Max() - counts.Min() <= 1, string.Join(" ", counts));
        }
    }

    /// <summary>What moves is what was homeless, and what the others had above their share.</summary>
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
