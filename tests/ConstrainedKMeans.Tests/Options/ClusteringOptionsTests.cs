using CoKe.Errors;

namespace CoKe.ConstrainedKMeans.Tests.Options;

public class ClusteringOptionsTests
{
    static readonly ClusteringOptions Good = Problem.Options(100, 8, 10, new HeadOptions { ClusterCount = 10 });

    public static TheoryData<string, Func<ClusteringOptions, ClusteringOptions>> BadRuns =>
        new()
        {
            { "ImageCount", o => o with { ImageCount = 0 } },
            { "Dimension", o => o with { Dimension = 0 } },
            { "BatchSize", o => o with { BatchSize = 0 } },
            { "Views", o => o with { Views = 0 } },
            { "Heads", o => o with { Heads = [] } },
            { "Heads[1]", o => o with { Heads = [o.Heads[0], null!] } },
            { "SoftLabelSlots", o => o with { SoftLabelSlots = 0 } },
            { "LabelSharpening", o => o with { LabelSharpening = 0 } },
            { "LabelSharpening", o => o with { LabelSharpening = double.NaN } },
            { "StageTwoAfterEpoch", o => o with { StageTwoAfterEpoch = -1 } },
            { "Heads[1].ClusterCount", o => o with { Heads = [o.Heads[0], new HeadOptions { ClusterCount = 101 }] } },
            { "BatchSize", _ => Problem.Options(1 << 30, 1 << 11, 1 << 20, new HeadOptions { ClusterCount = 10 }) },
            { "Heads[0].ClusterCount", o => Problem.Options(1 << 30, 1 << 20, 1, new HeadOptions { ClusterCount = 1 << 20 }) },
        };

    public static TheoryData<string, Func<HeadOptions, HeadOptions>> BadHeads =>
        new()
        {
            { "ClusterCount", h => h with { ClusterCount = 0 } },
            { "ClusterCount", h => h with { ClusterCount = 101 } },
            { "MinimumSizeRatio", h => h with { MinimumSizeRatio = -0.1 } },
            { "MinimumSizeRatio", h => h with { MinimumSizeRatio = 1.1 } },
            { "MinimumSizeRatio", h => h with { MinimumSizeRatio = double.NaN } },
            { "Margin", h => h with { Margin = -0.1 } },
            { "Margin", h => h with { Margin = double.NaN } },
            { "Margin", h => h with { MinimumSizeRatio = 1, Margin = 0.1 } },
            { "DualLearningRate", h => h with { DualLearningRate = 0 } },
            { "DualLearningRate", h => h with { DualLearningRate = -1 } },
            { "DualLearningRate", h => h with { DualLearningRate = double.NaN } },
            { "DualLearningRate", h => h with { DualLearningRate = double.PositiveInfinity } },
            { "DualNormLimit", h => h with { DualNormLimit = 0 } },
            { "DualNormLimit", h => h with { DualNormLimit = double.NaN } },
            { "BatchScheduleEpochs", h => h with { BatchScheduleEpochs = -1 } },
            { "CenterRule", h => h with { CenterRule = (CenterRule)7 } },
            { "CenterSchedule", h => h with { CenterSchedule = (CenterSchedule)7 } },
            { "DualClamp", h => h with { DualClamp = (DualClamp)7 } },
            { "MinimumSizes", h => h with { MinimumSizes = [1, 2, 3] } },
            { "MinimumSizes", h => h with { MinimumSizes = [.. Enumerable.Repeat(10.1, 10)] } },
            { "MinimumSizes", h => h with { MinimumSizes = [.. Enumerable.Repeat(9.5, 10)], Margin = 0.1 } },
            { "MinimumSizes[2]", h => h with { MinimumSizes = [1, 1, -1, 1, 1, 1, 1, 1, 1, 1] } },
            { "MinimumSizes[0]", h => h with { MinimumSizes = [double.NaN, 1, 1, 1, 1, 1, 1, 1, 1, 1] } },
        };

    [Theory]
    [MemberData(nameof(BadRuns))]
    public void Validate_BadRun_NamesTheField(string field, Func<ClusteringOptions, ClusteringOptions> change)
    {
        var e = Assert.Throws<InvalidOptionsException>(change(Good).Validate);
        Assert.Equal(field, e.Field);
        Assert.NotEmpty(e.Value);
        Assert.EndsWith(".", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(BadHeads))]
    public void Validate_BadHead_NamesTheField(string field, Func<HeadOptions, HeadOptions> change)
    {
        var bad = Good with { Heads = [change(Good.Heads[0])] };
        var e = Assert.Throws<InvalidOptionsException>(bad.Validate);
        Assert.Equal("Heads[0]." + field, e.Field);
        Assert.Throws<InvalidOptionsException>(() => new OnlineConstrainedKMeans(bad));
    }

    [Fact]
    public void Validate_ExtremesThatMakeSense_Pass()
    {
        Good.Validate();
        var everyImage = new HeadOptions { ClusterCount = 100, MinimumSizeRatio = 1 };
        var oneCluster = new HeadOptions { ClusterCount = 1, MinimumSizeRatio = 0 };
        var sumsToN = new HeadOptions { ClusterCount = 7, MinimumSizes = [.. Enumerable.Repeat(100 / 7.0, 7)] }; // up to rounding
        Problem.Options(100, 8, 10, everyImage, oneCluster, sumsToN).Validate();
    }

    [Fact]
    public void ToJson_EveryField_SurvivesAndEqualOptionsAreEqualText()
    {
        var options = Good with
        {
            Views = 2,
            StageTwoAfterEpoch = 3,
            SoftLabelSlots = 4,
            LabelSharpening = 0.1,
            Seed = -5,
            Heads =
            [
                Good.Heads[0],
                new HeadOptions
                {
                    ClusterCount = 2,
                    MinimumSizeRatio = 1.0 / 3,
                    Margin = 0.05,
                    DualLearningRate = 1e-3,
                    CenterRule = CenterRule.Rescaled,
                    CenterSchedule = CenterSchedule.Epoch,
                    BatchScheduleEpochs = 9,
                    DualClamp = DualClamp.Code,
                    DualNormLimit = 0.3,
                    MinimumSizes = [0.1, 90],
                },
            ],
        };

        var text = options.ToJson();
        var read = ClusteringOptions.FromJson(text);

        Assert.Equal(text, read.ToJson());
        Assert.Equal(text, (options with { Heads = [.. options.Heads] }).ToJson());
        Assert.Equal(options.Heads[1].MinimumSizes, read.Heads[1].MinimumSizes);
        Assert.Equal(options.Heads[1] with { MinimumSizes = null }, read.Heads[1] with { MinimumSizes = null });
        Assert.NotEqual(text, (options with { Seed = 5 }).ToJson());
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"imageCount\": 1, \"dimension\": 1, \"batchSize\": 1, \"heads\": null}")]
    [InlineData("{\"imageCount\": 1, \"dimension\": 1, \"batchSize\": 1, \"heads\": [{}]}")]
    [InlineData("{\"imageCount\": \"many\", \"dimension\": 1, \"batchSize\": 1, \"heads\": []}")]
    [InlineData("{\"imageCount\": 1, \"dimension\": 1, \"batchSize\": 1, \"heads\": [], \"clusters\": 3}")]
    [InlineData("{\"imageCount\": 1, \"dimension\": 1, \"batchSize\": 1, \"heads\": [{\"clusterCount\": 1, \"centerRule\": \"other\"}]}")]
    public void FromJson_Malformed_IsRefused(string json) => Assert.Throws<InvalidOptionsException>(() => ClusteringOptions.FromJson(json));
}
