using System.Text.Json;
using CoKe.Abstractions;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace CoKe.Grains.Tests.Messages;

/// <summary>What a trainer may tell of itself.</summary>
public sealed class TrainerReportTests
{
    static readonly Serializer Serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();

    static readonly TrainerReport Full = new("node-7", 4711, 1234.5, 0.25, 2.5, 0.1, 48);

    public static TheoryData<TrainerReport> Allowed =>
        [
            new(),
            Full,
            new(Host: new string('x', TrainerReport.LongestHost)),
            new(Host: "gpu-éß-机"),
            new(ProcessId: 1, ImagesPerSecond: 0, WaitedShare: 0, Loss: 0, LearningRate: 0, LastEpoch: 0),
            new(WaitedShare: 1),
            new(Loss: double.NaN),
            new(Loss: double.PositiveInfinity),
            new(Loss: -3),
        ];

    public static TheoryData<TrainerReport, string> Refused =>
        new()
        {
            { new(Host: ""), "host" },
            { new(Host: new string('x', TrainerReport.LongestHost + 1)), "host" },
            { new(Host: "a\u001b[2Jb"), "host" },
            { new(Host: "a\nb"), "host" },
            { new(Host: "a\u202eb"), "host" },
            { new(Host: "a\ud800b"), "host" },
            { new(ProcessId: 0), "processId" },
            { new(ImagesPerSecond: -1), "imagesPerSecond" },
            { new(ImagesPerSecond: double.PositiveInfinity), "imagesPerSecond" },
            { new(ImagesPerSecond: double.NaN), "imagesPerSecond" },
            { new(WaitedShare: 1.01), "waitedShare" },
            { new(WaitedShare: -0.01), "waitedShare" },
            { new(WaitedShare: double.NaN), "waitedShare" },
            { new(LearningRate: -0.1), "learningRate" },
            { new(LearningRate: double.NaN), "learningRate" },
            { new(LastEpoch: -1), "lastEpoch" },
        };

    [Theory]
    [MemberData(nameof(Allowed))]
    public void Validate_WithinItsRanges_Passes(TrainerReport report)
    {
        report.Validate();
        Assert.Equal(report, Serializer.Deserialize<TrainerReport>(Serializer.SerializeToArray(report)));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Validate_OutOfRange_NamesTheField(TrainerReport report, string field) =>
        Assert.Equal(field, Assert.Throws<InvalidReportException>(report.Validate).Field);

    [Fact]
    public void Json_OfALossThatIsNone_SaysWhich()
    {
        foreach (var (loss, text) in new[] { (double.NaN, "\"NaN\""), (double.PositiveInfinity, "\"Infinity\""), (2.5, "2.5") })
        {
            var json = JsonSerializer.Serialize(Full with { Loss = loss });
            Assert.Contains($"\"Loss\":{text},", json);
            Assert.Equal(loss, JsonSerializer.Deserialize<TrainerReport>(json)!.Loss);
        }
        Assert.Null(JsonSerializer.Deserialize<TrainerReport>("""{"Loss": null}""")!.Loss);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<TrainerReport>("""{"Loss": "much"}"""));
    }

    [Fact]
    public void PrintableHost_OfAnyName_IsAllowed()
    {
        Assert.Equal("node-7", TrainerReport.PrintableHost("node-7"));
        Assert.Equal("ab", TrainerReport.PrintableHost("a\u001b\nb"));
        Assert.Equal(TrainerReport.LongestHost, TrainerReport.PrintableHost(new string('x', 300))!.Length);
        Assert.Null(TrainerReport.PrintableHost("\n"));
    }
}
