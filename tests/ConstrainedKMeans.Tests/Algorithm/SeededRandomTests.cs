using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Algorithm;

public class SeededRandomTests
{
    [Fact]
    public void NextBits_KnownSeed_NeverChanges()
    {
        // A change here changes every run: the values are part of what a seed means.
        var random = new SeededRandom(1, 2);
        Assert.Equal([3679806767847472484UL, 9452969929932117703UL], [random.NextBits(), random.NextBits()]);
    }

    [Fact]
    public void State_SetAgain_RepeatsTheNumbers()
    {
        var random = new SeededRandom(3);
        random.NextNormal(); // leaves a spare one
        var state = random.State;
        double[] expected = [random.NextNormal(), random.NextNormal(), random.NextUniform()];

        random.State = state;

        double[] repeated = [random.NextNormal(), random.NextNormal(), random.NextUniform()];
        Assert.Equal(expected, repeated);
    }

    [Fact]
    public void Seeds_OrderAndNumber_Matter()
    {
        int[][] seeds =
        [
            [],
            [0],
            [0, 0],
            [1, 2],
            [2, 1],
        ];
        var firsts = seeds.Select(s => new SeededRandom(s).NextBits()).ToArray();
        Assert.Equal(firsts.Length, firsts.Distinct().Count());
    }

    [Fact]
    public void Permutation_AnySize_HoldsEveryNumberOnce() =>
        Gen.Select(Gen.Int[0, 200], Gen.Int)
            .Sample((count, seed) => Assert.Equal(Enumerable.Range(0, count), new SeededRandom(seed).Permutation(count).Order()));

    [Fact]
    public void Draws_ManyOfThem_HaveTheRightMoments()
    {
        var random = new SeededRandom(7);
        double[] uniform = [.. Enumerable.Range(0, 100_000).Select(_ => random.NextUniform())];
        double[] normal = [.. Enumerable.Range(0, 100_000).Select(_ => random.NextNormal())];
        int[] dice = [.. Enumerable.Range(0, 60_000).Select(_ => random.NextInt32(6))];

        Assert.InRange(uniform.Min(), 0, 1e-3);
        Assert.InRange(uniform.Max(), 0.999, 1);
        Assert.Equal(0.5, uniform.Average(), 5e-3);
        Assert.Equal(0, normal.Average(), 0.02);
        Assert.Equal(1, normal.Average(v => v * v), 0.03);
        Assert.All(Enumerable.Range(0, 6), side => Assert.InRange(dice.Count(v => v == side), 9_600, 10_400));
    }
}
