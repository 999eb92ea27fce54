using CoKe.Cli.Sizes;
using CoKe.Errors;

namespace CoKe.Cli.Tests.Sizes;

public sealed class SizeRequestTests
{
    static SizeFile Minimums(params double[] values) => new("min-sizes", "min.npy", values);

    static SizeFile Maximums(params double[] values) => new("max-sizes", "max.npy", values);

    [Fact]
    public void CheckRows_MinimumsAboveTheRows_AreRefusedByFileAndSum()
    {
        var error = Assert.Throws<InvalidFileException>(() => new SizeRequest(Minimums: Minimums(60, 50)).CheckRows(100, 2, 0.4));
        Assert.Equal(("min.npy", "110"), (error.Field, error.Value));
        Assert.Equal("min.npy asks for 110 rows in all but there are 100: give minimums that sum to at most 100.", error.Message);
    }

    [Fact]
    public void CheckRows_MaximumsBelowTheRows_AreRefusedByFileAndSum() =>
        Assert.Equal(
            "max.npy allows 99 rows in all but there are 100: give maximums that sum to at least 100.",
            Assert.Throws<InvalidFileException>(() => new SizeRequest(Maximums: Maximums(60, 38.5)).CheckRows(100, 2, 0.4)).Message
        );

    [Fact]
    public void CheckRows_MinimumAboveMaximum_NamesTheCluster()
    {
        Assert.Equal(
            "min.npy asks for at least 31 rows in cluster 1 and --max-sizes max.npy allows at most 30: "
                + "give a smaller minimum or a larger maximum.",
            Refusal(new SizeRequest(Minimums: Minimums(5, 31), Maximums: Maximums(90, 30)))
        );
        Assert.Equal(
            "min.npy asks for at least 61 rows in cluster 0 and --max-size-ratio 1.2 allows at most 60: "
                + "give a smaller minimum or a larger maximum.",
            Refusal(new SizeRequest(MaximumRatio: 1.2, Minimums: Minimums(61, 0)))
        );
        Assert.Equal(
            "max.npy allows at most 19 rows in cluster 1 and --min-size-ratio 0.4 asks for at least 20: "
                + "give a larger maximum or a smaller ratio.",
            Refusal(new SizeRequest(Maximums: Maximums(90, 19)))
        );

        static string Refusal(SizeRequest request) => Assert.Throws<InvalidFileException>(() => request.CheckRows(100, 2, 0.4)).Message;
    }

    [Fact]
    public void CheckRows_SizesThatCanBe_AreAccepted()
    {
        new SizeRequest(Minimums: Minimums(100 / 3.0, 100 / 3.0, 100 / 3.0)).CheckRows(100, 3, 0.4);
        new SizeRequest(Maximums: Maximums(33, 33, double.PositiveInfinity)).CheckRows(100, 3, 0.99);
        new SizeRequest(Maximums: Maximums(0, 100, 1), Minimums: Minimums(0, 99, 1)).CheckRows(100, 3, 0.4);
        new SizeRequest(MaximumRatio: 1).CheckRows(100, 3, 1);

        // 20.5 images asked are 20 whole ones, which a maximum of 20 allows.
        new SizeRequest(Maximums: Maximums(90, 20)).CheckRows(100, 2, 0.41);
    }

    [Fact]
    public void Maximum_OfARequest_IsWrittenAsItWasGiven()
    {
        Assert.Equal("", new SizeRequest().Maximum);
        Assert.Equal("--max-size-ratio 1.25", new SizeRequest(MaximumRatio: 1.25).Maximum);
        Assert.Equal("--max-sizes max.npy", new SizeRequest(Maximums: Maximums(1)).Maximum);
    }
}
