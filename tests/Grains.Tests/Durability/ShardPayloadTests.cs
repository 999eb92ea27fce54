using CoKe.ConstrainedKMeans;
using CoKe.Grains.Labels;
using CsCheck;

namespace CoKe.Grains.Tests.Durability;

/// <summary>Labels of a shard as bytes.</summary>
public sealed class ShardPayloadTests
{
    const int First = 50;

    [Fact]
    public void Restore_OfAnyEpochs_GoesOnAsTheOriginalWould() =>
        Histories.Sample(history =>
        {
            var (original, boundary) = history.Play();
            var restored = ShardLabels.Restore(history.Options, First, history.Images, boundary, original.EncodeOpenEpoch());
            AssertEqual(history, original, restored);

            // Both go on: what is not readable yet must be equal too.
            foreach (var labels in new[] { original, restored })
            {
                history.Write(labels, history.Epochs[0]);
                labels.EndEpoch(history.Epochs.Count);
            }

            Assert.Equal(original.EncodeBoundary(), restored.EncodeBoundary());
            foreach (var labels in new[] { original, restored })
                labels.Commit();
            AssertEqual(history, original, restored);
        });

    [Fact]
    public void Restore_CutShortOrTooLong_IsRefused() =>
        Histories.Sample(
            history =>
            {
                var (original, boundary) = history.Play();
                var open = original.EncodeOpenEpoch();
                foreach (var bad in Damage.Truncations(open).Append([.. open, 0]).Append(boundary!))
                    AssertRefused(history, boundary, bad);
                foreach (var bad in Damage.Truncations(boundary!).Append([.. boundary!, 0]).Append(open))
                    AssertRefused(history, bad, null);
            },
            iter: 20
        );

    // As for blocks: what comes under a sound checksum may still be of another origin.
    [Fact]
    public void Restore_AnyFlippedByte_GivesLabelsOfTheRunOrATypedError() =>
        Gen.Select(Histories, Damage.Flips, Gen.Bool)
            .Sample(
                (history, flip, ofOpen) =>
                {
                    var (original, boundary) = history.Play();
                    var open = original.EncodeOpenEpoch();
                    if (ofOpen)
                        open = Damage.Flip(open, flip.At, flip.Mask);
                    else
                        boundary = Damage.Flip(boundary!, flip.At, flip.Mask);
                    try
                    {
                        var labels = ShardLabels.Restore(history.Options, First, history.Images, boundary, open);
                        var slice = labels.Read(0, history.Ids);
                        for (var h = 0; h < 2; h++)
                            foreach (var label in slice.Labels.Span.Slice(h * history.Images, history.Images))
                                Assert.InRange(label, -1, history.Options.Heads[h].ClusterCount - 1);
                        labels.EndEpoch(history.Epochs.Count);
                        labels.Commit();
                    }
                    catch (InvalidDataException) { }
                }
            );

    static void AssertRefused(History history, byte[]? boundary, byte[]? open) =>
        Assert.Throws<InvalidDataException>(() => ShardLabels.Restore(history.Options, First, history.Images, boundary, open));

    static void AssertEqual(History history, ShardLabels expected, ShardLabels actual)
    {
        Assert.Equal(expected.SeenBits(), actual.SeenBits());
        var (a, b) = (expected.Read(1, history.Ids), actual.Read(1, history.Ids));
        Assert.Equal(a.Labels.Span.ToArray(), b.Labels.Span.ToArray());
        Assert.Equal(a.Old, b.Old);
        Assert.Equal(a.SoftLabels, b.SoftLabels);
    }

    /// <summary>Epochs of a shard: which images each saw, and their labels by head. The last one stays open.</summary>
    sealed record History(ClusteringOptions Options, int Images, IReadOnlyList<(bool Seen, int A, int B)[]> Epochs)
    {
        public int[] Ids => [.. Enumerable.Range(First, Images)];

        public (ShardLabels Labels, byte[]? Boundary) Play()
        {
            var labels = new ShardLabels(Options, First, Images);
            byte[]? boundary = null;
            for (var epoch = 0; epoch < Epochs.Count; epoch++)
            {
                Write(labels, Epochs[epoch]);
                if (epoch == Epochs.Count - 1)
                    break;
                labels.EndEpoch(epoch);
                boundary = labels.EncodeBoundary();
                labels.Commit();
            }

            return (labels, boundary);
        }

        public void Write(ShardLabels labels, (bool Seen, int A, int B)[] epoch)
        {
            var seen = epoch.Index().Where(image => image.Item.Seen).ToArray();
            labels.Write(
                [.. seen.Select(image => First + image.Index)],
                [
                    .. seen.Select(image => image.Item.A % Options.Heads[0].ClusterCount),
                    .. seen.Select(image => image.Item.B % Options.Heads[1].ClusterCount),
                ]
            );
        }
    }

    // Numbers of clusters on both sides of where a label takes another byte.
    static Gen<History> Histories =>
        Gen.Select(Gen.Int[1, 20], Gen.Int[2, 5], OneOf(1, 255, 256, 300), OneOf(5, 65_535, 65_536, 70_000), Gen.Bool)
            .SelectMany(
                (images, epochs, K, L, stageTwo) =>
                    Gen.Select(Gen.Bool, Gen.Int[0, 1 << 20], Gen.Int[0, 1 << 20])
                        .Array[images]
                        .Array[epochs]
                        .Select(seen => new History(
                            new ClusteringOptions
                            {
                                ImageCount = 100_000,
                                Dimension = 2,
                                BatchSize = 4,
                                StageTwoAfterEpoch = stageTwo ? 0 : null,
                                SoftLabelSlots = 2,
                                Heads = [new HeadOptions { ClusterCount = K }, new HeadOptions { ClusterCount = L }],
                            },
                            images,
                            seen
                        ))
            );

    static Gen<int> OneOf(params int[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
