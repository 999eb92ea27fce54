using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Algorithm;

public class SoftLabelTests
{
    // Epochs of stage two in which an image is seen, and its label in each.
    static readonly Gen<(int Epoch, int Label)[]> Seen = Gen.Select(Gen.Int[1, 4].Array[1, 40], Gen.Int[0, 9].Array[40])
        .Select(
            (gaps, labels) =>
            {
                var epoch = 0;
                return gaps.Select((gap, i) => (epoch += gap, labels[i])).ToArray();
            }
        );

    [Fact]
    public void Update_AnySequence_IsThatOfTheNaiveReferenceAndSumsToOne() =>
        Gen.Select(Seen, Gen.Int[1, 6])
            .Sample(
                (seen, slots) =>
                {
                    var soft = default(SoftLabel);
                    var naive = new Dictionary<int, double>();
                    foreach (var (epoch, label) in seen)
                    {
                        soft.Update(label, 1.0 / epoch, slots);
                        naive = Weighed(naive, label, 1.0 / epoch, slots);

                        var entries = soft.Entries.ToArray();
                        Assert.InRange(entries.Length, 1, slots);
                        Assert.Equal(naive.Keys.Order(), entries.Select(e => e.Label).Order());
                        Assert.All(entries, e => Assert.Equal(naive[e.Label], e.Weight, 1e-12));
                        Assert.All(entries, e => Assert.True(e.Weight > 0));
                        Assert.Equal(1, entries.Sum(e => e.Weight), 1e-12);
                        Assert.Equal(1, soft.Sharpened(0.5).Sum(e => e.Weight), 1e-12);
                    }
                }
            );

    // Section 3.4 with the published code's room for a new label: what stays is scaled to 1 - f again.
    static Dictionary<int, double> Weighed(Dictionary<int, double> weights, int label, double f, int slots)
    {
        var next = new Dictionary<int, double>(weights);
        var gone = 0.0;
        if (!next.ContainsKey(label) && next.Count == slots)
            next.Remove(next.OrderBy(w => w.Value).ThenByDescending(w => w.Key).First().Key, out gone);
        if (f == 1)
            next.Clear();
        foreach (var k in next.Keys.ToArray())
            next[k] *= (1 - f) / (1 - gone);
        next[label] = next.Count == 0 ? 1 : next.GetValueOrDefault(label) + f;
        return next;
    }

    [Fact]
    public void Update_EnoughSlots_WeightsAreShares()
    {
        var soft = default(SoftLabel);
        int[] labels = [3, 7, 3, 3];
        for (var i = 0; i < labels.Length; i++)
            soft.Update(labels[i], 1.0 / (i + 1), 5);

        Assert.Equal(0.75, soft.Entries[0].Weight, 1e-15);
        Assert.Equal(0.25, soft.Entries[1].Weight, 1e-15);
    }

    [Fact]
    public void Update_FullAndNewLabel_SmallestGoesAndOfEqualsTheLarger()
    {
        var soft = new SoftLabel([new(2, 0.25), new(9, 0.25), new(4, 0.5)]);

        soft.Update(5, 0.5, slots: 3);

        Assert.Equal([2, 4, 5], soft.Entries.ToArray().Select(e => e.Label));
        Assert.Equal(0.25 * 0.5 / 0.75, soft.Entries[0].Weight, 1e-15);
        Assert.Equal(0.5 * 0.5 / 0.75, soft.Entries[1].Weight, 1e-15);
        Assert.Equal(0.5, soft.Entries[2].Weight, 1e-15);
    }

    [Fact]
    public void Update_FirstSeenLate_HasNothingToWeighAgainst()
    {
        var soft = default(SoftLabel);
        soft.Update(5, 0.25, slots: 3);
        Assert.Equal([new(5, 1)], soft.Entries.ToArray());
    }

    [Fact]
    public void Update_OneSlotAndNewLabel_IsThatLabel()
    {
        var soft = new SoftLabel([new(2, 1)]);
        soft.Update(5, 0.25, slots: 1);
        Assert.Equal([new(5, 1)], soft.Entries.ToArray());
    }

    [Fact]
    public void Update_StoredWithASumBelowOne_SumsToOneFromThenOn()
    {
        var kept = new SoftLabel([new(2, 0.25), new(9, 0.125), new(4, 0.5)]);
        var full = kept;

        kept.Update(4, 0.5, slots: 4);
        full.Update(5, 0.5, slots: 3);

        Assert.Equal(1, kept.Entries.ToArray().Sum(e => e.Weight), 1e-15);
        Assert.Equal(1, full.Entries.ToArray().Sum(e => e.Weight), 1e-15);
    }

    [Fact]
    public void Update_FirstEpoch_ForgetsEverythingBefore()
    {
        var soft = new SoftLabel([new(2, 1)]);
        soft.Update(5, 1, slots: 3);
        Assert.Equal([new(5, 1)], soft.Entries.ToArray());
    }

    [Fact]
    public void Update_OfACopy_LeavesTheOriginal()
    {
        var soft = new SoftLabel([new(2, 1)]);
        var copy = soft;
        copy.Update(5, 0.5, slots: 3);
        Assert.Equal([new(2, 1)], soft.Entries.ToArray());
    }

    [Fact]
    public void Sharpened_SmallTemperature_NearsTheLargestLabel()
    {
        var soft = new SoftLabel([new(1, 0.6), new(2, 0.4)]);
        Assert.Equal(1 / (1 + Math.Exp(-0.2 / 0.5)), soft.Sharpened(0.5)[0].Weight, 1e-12);
        Assert.Equal(1, soft.Sharpened(1e-4)[0].Weight, 1e-12);
        Assert.Empty(default(SoftLabel).Sharpened(0.5));
        Assert.True(default(SoftLabel).IsEmpty);
    }
}
