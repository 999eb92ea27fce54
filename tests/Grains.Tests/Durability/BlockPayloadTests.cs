using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Durability;
using CsCheck;

namespace CoKe.Grains.Tests.Durability;

public sealed class BlockPayloadTests
{
    const int First = 3;

    [Fact]
    public void Decode_OfABoundary_GivesWhatWasEncodedWhateverTheNumbers() =>
        Blocks.Sample(block =>
            AssertEqual(
                block.Boundary,
                BlockPayload.Decode(block.Plan, First, block.Initial, BlockPayload.Encode(block.Plan, block.Boundary, true), null)
            )
        );

    [Fact]
    public void Decode_OfAnOpenEpochOnItsBoundary_GivesWhatWasEncoded() =>
        Blocks.Sample(block =>
            AssertEqual(
                block.Open,
                BlockPayload.Decode(
                    block.Plan,
                    First,
                    block.Initial,
                    BlockPayload.Encode(block.Plan, block.Boundary, true),
                    BlockPayload.Encode(block.Plan, block.Open, false)
                )
            )
        );

    [Fact]
    public void Encode_CenterThatFollowsItsSum_LeavesItOut() =>
        Blocks.Sample(block =>
        {
            ClusterCopy[] followers =
            [
                .. block.Boundary.Select(cluster =>
                    cluster with
                    {
                        Figures = cluster.Figures with { Count = 1 },
                        Center = DirectionOf(cluster.Sum),
                    }
                ),
            ];
            ClusterCopy[] others =
            [
                .. followers.Select(cluster =>
                    cluster with
                    {
                        Center = new FloatValues([.. cluster.Center.Span.ToArray().Select(MathF.BitIncrement)]),
                    }
                ),
            ];
            if (followers.Any(cluster => cluster.Center.Span.ContainsAnyExceptInRange(-1, 1)))
                return; // nothing follows NaN
            var (brief, whole) = (BlockPayload.Encode(block.Plan, followers, false), BlockPayload.Encode(block.Plan, others, false));
            Assert.Equal(block.Boundary.Length * block.Plan.Dimension * sizeof(float), whole.Length - brief.Length);
        });

    [Fact]
    public void Decode_OfNothing_IsTheStartOfTheRun() =>
        Blocks.Sample(block =>
        {
            var clusters = BlockPayload.Decode(block.Plan, First, block.Initial, null, null);
            for (var i = 0; i < clusters.Length; i++)
            {
                Assert.Equal((0L, 0L, 0L), (clusters[i].Version, clusters[i].Figures.Count, clusters[i].Figures.LastCount));
                Assert.Equal(
                    block.Initial.AsSpan(i * block.Plan.Dimension, block.Plan.Dimension).ToArray(),
                    clusters[i].Center.Span.ToArray()
                );
            }
        });

    [Fact]
    public void Decode_CutShortOrTooLong_IsRefused() =>
        Blocks.Sample(
            block =>
            {
                var (boundary, open) = (
                    BlockPayload.Encode(block.Plan, block.Boundary, true),
                    BlockPayload.Encode(block.Plan, block.Open, false)
                );
                foreach (var bad in Damage.Truncations(boundary).Append([.. boundary, 0]).Append(open))
                    Assert.Throws<InvalidDataException>(() => BlockPayload.Decode(block.Plan, First, block.Initial, bad, null));
                foreach (var bad in Damage.Truncations(open).Append([.. open, 0]).Append(boundary))
                    Assert.Throws<InvalidDataException>(() => BlockPayload.Decode(block.Plan, First, block.Initial, boundary, bad));
            },
            iter: 20
        );

    // Bytes reach the decoder only under a sound checksum; of another origin they may be anything, and must not bring it down.
    [Fact]
    public void Decode_AnyFlippedByte_GivesClustersOrATypedError() =>
        Gen.Select(Blocks, Damage.Flips, Gen.Bool)
            .Sample(
                (block, flip, ofOpen) =>
                {
                    var (boundary, open) = (
                        BlockPayload.Encode(block.Plan, block.Boundary, true),
                        BlockPayload.Encode(block.Plan, block.Open, false)
                    );
                    if (ofOpen)
                        open = Damage.Flip(open, flip.At, flip.Mask);
                    else
                        boundary = Damage.Flip(boundary, flip.At, flip.Mask);
                    try
                    {
                        Assert.Equal(block.Boundary.Length, BlockPayload.Decode(block.Plan, First, block.Initial, boundary, open).Length);
                    }
                    catch (InvalidDataException) { }
                }
            );

    sealed record Block(HeadPlan Plan, float[] Initial, ClusterCopy[] Boundary, ClusterCopy[] Open);

    static Gen<Block> Blocks =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 5], Gen.Bool, Gen.Bool)
            .SelectMany(
                (n, d, precise, stageTwo) =>
                {
                    var plan = new HeadPlan(
                        new ClusteringOptions
                        {
                            ImageCount = 1000,
                            Dimension = d,
                            BatchSize = 10,
                            StageTwoAfterEpoch = stageTwo ? 2 : null,
                            Heads =
                            [
                                new HeadOptions { ClusterCount = First + n, CenterRule = precise ? CenterRule.Rescaled : CenterRule.Exact },
                            ],
                        },
                        0
                    );
                    return Gen.Select(
                        Gen.Float.Array[n * d],
                        Boundaries(plan).Array[n],
                        Changes(plan).Array[n],
                        (initial, boundary, changes) =>
                            new Block(plan, initial, boundary, [.. boundary.Zip(changes, (cluster, change) => change(cluster))])
                    );
                }
            );

    static Gen<ClusterCopy> Boundaries(HeadPlan plan) =>
        Gen.Select(
            Gen.Select(Gen.Long, Gen.Long, Gen.Double, Gen.Long),
            Floats(plan),
            Floats(plan),
            Doubles(plan),
            Doubles(plan),
            Gen.Select(History, Remembered),
            (numbers, center, frozen, sum, precise, remembered) =>
            {
                var (version, last, dual, since) = numbers;
                var (history, lastMembers) = remembered;
                return new ClusterCopy(
                    version,
                    new ClusterFigures(0, last, new Dual(dual, since), new Dual(dual, since)),
                    center,
                    frozen,
                    sum,
                    plan.KeepsPreciseCenters ? precise : null,
                    history,
                    RankedMembers.None,
                    lastMembers
                );
            }
        );

    static Gen<ClusterEpoch[]> History =>
        Gen.Select(Gen.Double, Gen.Int[0, int.MaxValue], Gen.Float, Gen.Int[-1, 1 << 30], Gen.Int[-1, 1 << 30])
            .Select((dual, size, moved, kept, came) => new ClusterEpoch(dual, size, moved, kept, came))
            .Array[0, 4];

    static Gen<RankedMembers> Remembered =>
        Gen.Select(Member.Array[0, MemberRanking.MostSimilarKept], Member.Array[0, MemberRanking.LeastSimilarKept], (most, least) =>
            new RankedMembers(most, least)
        );

    static Gen<RankedMember> Member => Gen.Select(Gen.Int, Gen.Float, (image, similarity) => new RankedMember(image, similarity));

    // What a step may change: nothing, only the dual, or everything but what belongs to the closed epoch, with any center or the sum's own.
    static Gen<Func<ClusterCopy, ClusterCopy>> Changes(HeadPlan plan) =>
        Gen.Select(
            Gen.Int[0, 3],
            Gen.Select(Gen.Long, Gen.Long[1, long.MaxValue], Gen.Double, Gen.Long),
            Floats(plan),
            Doubles(plan),
            Gen.Select(Doubles(plan), Remembered),
            (what, numbers, center, sum, rest) =>
                new Func<ClusterCopy, ClusterCopy>(before =>
                {
                    var (version, count, dual, since) = numbers;
                    var (precise, members) = rest;
                    var after = before with { Version = version };
                    if (what > 0)
                        after = after with { Figures = after.Figures with { Dual = new Dual(dual, since) } };
                    if (what == 3)
                        center = DirectionOf(sum);
                    return what < 2
                        ? after
                        : after with
                        {
                            Figures = after.Figures with { Count = count },
                            Center = center,
                            Sum = sum,
                            PreciseCenter = before.PreciseCenter is null ? null : precise,
                            OpenMembers = members,
                        };
                })
        );

    static FloatValues DirectionOf(DoubleValues sum)
    {
        var center = new float[sum.Length];
        ClusterState.CenterOf(sum.Span, center);
        return new FloatValues(center);
    }

    static Gen<FloatValues> Floats(HeadPlan plan) => Gen.Float.Array[plan.Dimension].Select(values => new FloatValues(values));

    static Gen<DoubleValues> Doubles(HeadPlan plan) => Gen.Double.Array[plan.Dimension].Select(values => new DoubleValues(values));

    static void AssertEqual(IReadOnlyList<ClusterCopy> expected, IReadOnlyList<ClusterCopy> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        foreach (var (a, b) in expected.Zip(actual))
        {
            Assert.Equal((a.Version, a.Figures), (b.Version, b.Figures));
            Assert.Equal(a.Center.Span.ToArray(), b.Center.Span.ToArray());
            Assert.Equal(a.Frozen.Span.ToArray(), b.Frozen.Span.ToArray());
            Assert.Equal(a.Sum.Span.ToArray(), b.Sum.Span.ToArray());
            Assert.Equal(a.PreciseCenter?.Span.ToArray(), b.PreciseCenter?.Span.ToArray());
            Assert.Equal(a.History, b.History);
            Assert.Equal(a.OpenMembers.MostSimilar, b.OpenMembers.MostSimilar);
            Assert.Equal(a.OpenMembers.LeastSimilar, b.OpenMembers.LeastSimilar);
            Assert.Equal(a.LastMembers.MostSimilar, b.LastMembers.MostSimilar);
            Assert.Equal(a.LastMembers.LeastSimilar, b.LastMembers.LeastSimilar);
        }
    }
}
