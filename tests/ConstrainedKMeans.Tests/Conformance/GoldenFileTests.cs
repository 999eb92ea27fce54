using System.IO.Compression;
using System.Text;
using CoKe.ConstrainedKMeans.Conformance;
using CoKe.Errors;

namespace CoKe.ConstrainedKMeans.Tests.Conformance;

public class GoldenFileTests
{
    [Theory]
    [InlineData("small.json.gz", 30)]
    [InlineData("small_eta20.json.gz", 6)]
    [InlineData("variants.json.gz", 15)]
    [InlineData("stage_two.json.gz", 1)]
    public void Replay_EveryScenario_EqualsTheReference(string file, int scenarios)
    {
        var read = GoldenFile.Read(Golden(file));

        Assert.Equal(scenarios, read.Count);
        Assert.All(read, scenario =>
        {
            var comparison = GoldenReplay.Run(scenario);
            Assert.True(comparison.Labels > 0);
            Assert.True(
                comparison.Passes,
                $"{scenario.Name}: {comparison.LabelDifferences} labels, {comparison.CountDifferences} counts, "
                    + $"dual {comparison.DualError:G3}, center {comparison.CenterError:G3}, soft label {comparison.SoftLabelError:G3}"
            );
        });
    }

    [Fact]
    public void Replay_WrongExpectations_AreCounted()
    {
        var scenario = GoldenFile.Read(Golden("stage_two.json.gz"))[0];
        var epoch = scenario.Epochs[^1];
        var batch = epoch.Batches[0];
        var state = batch.Heads[0];
        state.Labels[0] ^= 1;
        state.Counts[1]++;
        state.Duals[2] += 1e-3;
        epoch.FrozenCenters![1][5] += 1e-4;
        epoch.SoftLabels![0].First(label => label.Length > 0)[0] = new WeightedLabel(11, 0.5);

        var comparison = GoldenReplay.Run(scenario);

        Assert.False(comparison.Passes);
        Assert.Equal(1, comparison.LabelDifferences);
        Assert.Equal(1, comparison.CountDifferences);
        Assert.Equal(1e-3, comparison.DualError, 1e-6);
        Assert.Equal(1e-4, comparison.CenterError, 1e-6);
        Assert.True(comparison.SoftLabelError > 1e-3);
    }

    [Fact]
    public void Read_TruncatedFile_IsRefusedByName()
    {
        var content = File.ReadAllBytes(Golden("small.json.gz"));
        Refused(content[..(content.Length / 2)], "golden.json.gz");
    }

    [Theory]
    [InlineData("not json", "damaged")]
    [InlineData("[]", "no object")]
    [InlineData("{'cases': [{}]}", "inputs is missing")]
    [InlineData("{'epochs': []}", "inputs is missing")]
    [InlineData("{'cases': 3, 'inputs': {}}", "cases is no list")]
    [InlineData("{'cases': [{'name': 'a'}], 'inputs': {'C0': [[[1]]], 'view1': [[1]], 'batch': 1}}", "cases[0].gamma is missing")]
    [InlineData("{'cases': [{'gamma': 0.4, 'rule': 'x'}], 'inputs': {'C0': [[[1]]], 'view1': [[1]], 'batch': 1}}", "cases[0].rule is 'x'")]
    [InlineData("{'cases': [{'gamma': 2}], 'inputs': {'C0': [[[1]]], 'view1': [[1]], 'batch': 1}}", "MinimumSizeRatio is 2")]
    [InlineData(
        "{'cases': [{'name': '', 'gamma': 0}], 'inputs': {'C0': [[[1]]], 'view1': [[1]], 'batch': 1, 'perm': [[1]]}}",
        "image 1 of"
    )]
    [InlineData("{'cases': [{'gamma': 0}], 'inputs': {'C0': [[[1], [1, 2]]], 'view1': [[1]], 'batch': 1}}", "C0[0][1] has 2")]
    [InlineData("{'cases': [{'gamma': 0}], 'inputs': {'C0': [[[]]], 'view1': [[1]], 'batch': 1}}", "C0[0][0] is empty")]
    [InlineData(
        "{'epochs': [], 'inputs': {'C0': [[[], [1]]], 'batch': 1, 'N': 2, 'gamma': 0, 'slots': 5, 'sharpening': 1}}",
        "C0[0][0] is empty"
    )]
    public void Read_MalformedFile_NamesThePlace(string content, string place)
    {
        var e = Refused(Encoding.UTF8.GetBytes(content.Replace('\'', '"')), "golden.json");
        Assert.Contains(place, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a")] // one text
    [InlineData("[],")] // and many small things
    public void Read_AFewKilobytesThatUnpackToGigabytes_IsRefusedWithoutTakingThem(string filling)
    {
        var path = Path.GetTempFileName();
        try
        {
            using (var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest))
            {
                gzip.Write(filling == "a" ? "\""u8 : "["u8);
                var chunk = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(filling, (1 << 20) / filling.Length)));
                for (var i = 0; i < 2_500; i++)
                    gzip.Write(chunk);
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            var refused = Assert.Throws<InvalidFileException>(() => GoldenFile.Read(path));

            Assert.Contains($"holds more than {GoldenFile.MostBytes} bytes", refused.Message);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8L * GoldenFile.MostBytes);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("{\"inputs\": {\"C0\": \"\\ud800\"}, \"cases\": [{\"name\": \"\\ud800\"}]}")]
    [InlineData(
        "{\"name\": \"\\udfff\", \"inputs\": {\"C0\": [[[1]]], \"batch\": 1, \"N\": 1, \"gamma\": 1, \"slots\": 1, \"sharpening\": 1}}"
    )]
    public void Read_HalfAnUnicodePair_IsRefusedByName(string content)
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, content);

        var refused = Assert.Throws<InvalidFileException>(() => GoldenFile.Read(path));

        Assert.Contains(Path.GetFileName(path), refused.Message);
        File.Delete(path);
    }

    [Fact]
    public void Read_BracketsInBrackets_AreRefused()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, new string('[', 400_000));

        Assert.Contains("damaged or no JSON", Assert.Throws<InvalidFileException>(() => GoldenFile.Read(path)).Message);
        File.Delete(path);
    }

    [Fact]
    public void Read_PlainAndCompressed_AreTheSame()
    {
        using var compressed = new GZipStream(File.OpenRead(Golden("variants.json.gz")), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        compressed.CopyTo(plain);
        var read = Write("plain.json", plain.ToArray(), GoldenFile.Read);

        Assert.Equal(GoldenFile.Read(Golden("variants.json.gz")).Select(s => s.Options.ToJson()), read.Select(s => s.Options.ToJson()));
    }

    [Fact]
    public void Read_AbsentFile_IsRefused() =>
        Assert.Equal("none.json.gz", Assert.Throws<InvalidFileException>(() => GoldenFile.Read("none.json.gz")).Field);

    static InvalidFileException Refused(byte[] content, string name)
    {
        var e = Write(name, content, path => Assert.Throws<InvalidFileException>(() => GoldenFile.Read(path)));
        Assert.Equal(name, e.Field);
        return e;
    }

    static T Write<T>(string name, byte[] content, Func<string, T> use)
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(directory.FullName, name);
            File.WriteAllBytes(path, content);
            return use(path);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    static string Golden(string file) => Path.Combine(AppContext.BaseDirectory, "golden", file);
}
