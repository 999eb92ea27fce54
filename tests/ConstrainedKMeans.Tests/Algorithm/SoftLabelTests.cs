using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Algorithm;

public class SoftLabelTests
{
    [Fact]
    public void Update_AnyLabels_StaysWithinSlotsAndASumOfOne() => Gen.Select(Gen.Int[0, 9].Array[1, 40], Gen.Int[1, 6]).Sample(
        (labels, slots) =>
        {
            var soft = default(SoftLabel);
            for (var i = 0; i < labels.Length; i++)
            {
                soft.Update(labels[i], 1.0 / (i + 1), slots);
                var entries = soft.Entries.ToArray();
                Assert.InRange(entries.Length, 1, slots);
                Assert.Equal(entries.Length, entries.Select(e => e.Label).Distinct().Count());
                Assert.Contains(entries, e => e.Label == labels[i]);
                Assert.All(entries, e => Assert.True(e.Weight > 0));
                Assert.True(entries.Sum(e => e.Weight) <= 1 + 1e-12);
                Assert.Equal(1, soft.Sharpened(0.5).Sum(e => e.Weight), 1e-12);
            }
        });

    [Fact]
    public void Update_EnoughSlots_WeightsAreShares()
    {
        var soft = default(SoftLabel);
        int[] labels = [3, 7, 3, 3];
        for (var i = 0; i < labels.Length; i++) soft.Update(labels[i], 1.0 / (i + 1), 5);

        Assert.Equal(0.75, soft.Entries[0].Weight, 1e-15);
        Assert.Equal(0.25, soft.Entries[1].Weight, 1e-15);
    }

    [Fact]
    public void Update_FullAndNewLabel_SmallestGoesAndOfEqualsTheLarger()
    {
        var soft = new SoftLabel([new(2, 0.25), new(9, 0.25), new(4, 0.5)]);

        soft.Update(5, 0.5, slots: 3);

        Assert.Equal([new(2, 0.125), new(4, 0.25), new(5, 0.5)], soft.Entries.ToArray());
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
