using System.IO.Compression;
using System.Text.Json.Nodes;
using CoKe.Cli.CommandLine;

namespace CoKe.Cli.Tests.Commands;

/// <summary><c>coke conformance</c> on the golden files, through the actors of a silo inside the process.</summary>
public sealed class ConformanceCommandTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("small.json.gz", 30)]
    [InlineData("small_eta20.json.gz", 6)]
    [InlineData("variants.json.gz", 15)]
    [InlineData("stage_two.json.gz", 1)]
    public async Task Conformance_GoldenFile_Passes(string file, int cases)
    {
        var outcome = await Outcome.OfAsync("conformance", Golden(file), "--json");
        Assert.Equal(ExitCode.Done, outcome.ExitCode);
        var all = outcome.Json.GetProperty("all");
        Assert.True(all.GetProperty("labels").GetInt64() > 0);
        Assert.Equal(0, all.GetProperty("label_differences").GetInt64());
        Assert.InRange(all.GetProperty("dual_error").GetDouble(), 0, 1e-6);
        Assert.Equal(cases, outcome.Json.GetProperty("cases").GetArrayLength());
    }

    [Theory]
    [InlineData("labels")]
    [InlineData("rho")]
    [InlineData("count")]
    [InlineData("centers_sum_abs")]
    public async Task Conformance_DamagedExpectation_IsADifference(string field)
    {
        var outcome = await Outcome.OfAsync("conformance", Damaged("stage_two.json.gz", root => Damage(Batch(root)[field]!)));
        Assert.Equal(ExitCode.Different, outcome.ExitCode);
        Assert.Contains("FAILS", outcome.Out);
    }

    [Theory]
    [InlineData("soft_labels", 11)]
    [InlineData("sharpened", 11)]
    [InlineData("frozen_centers", 0)]
    public async Task Conformance_DamagedBoundary_IsADifference(string field, int epoch)
    {
        var outcome = await Outcome.OfAsync("conformance", Damaged("stage_two.json.gz", root => Damage(root["epochs"]![epoch]![field]!)));
        Assert.Equal(ExitCode.Different, outcome.ExitCode);
    }

    [Fact]
    public async Task Conformance_FileThatIsNone_IsRefused()
    {
        File.WriteAllText(_folder.File("x.json"), "{\"inputs\": {}");
        Assert.Equal(ExitCode.Refused, (await Outcome.OfAsync("conformance", _folder.File("x.json"))).ExitCode);
        Assert.Equal(ExitCode.Refused, (await Outcome.OfAsync("conformance", _folder.File("absent.json.gz"))).ExitCode);
    }

    static string Golden(string file) => Path.Combine(AppContext.BaseDirectory, "golden", file);

    static JsonNode Batch(JsonNode root) =>
        root["epochs"]![2]!["batches"]![1] is JsonArray heads ? heads[0]! : root["epochs"]![2]!["batches"]![1]!["heads"]![0]!;

    // Adds 1 to the first integer found, or a little to the first other number.
    static void Damage(JsonNode node)
    {
        while (node is JsonArray array)
            node = array.First(inner => inner is not JsonArray { Count: 0 })!;
        var value = node.GetValue<double>();
        node.ReplaceWith(value == Math.Floor(value) ? value + 1 : value + 0.001);
    }

    string Damaged(string file, Action<JsonNode> damage)
    {
        using var stream = new GZipStream(File.OpenRead(Golden(file)), CompressionMode.Decompress);
        var root = JsonNode.Parse(stream)!;
        damage(root);
        File.WriteAllText(_folder.File("damaged.json"), root.ToJsonString());
        return _folder.File("damaged.json");
    }
}
