using CoKe.Client.Conformance;
using CoKe.ConstrainedKMeans.Conformance;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>The golden vectors, made by an independent NumPy implementation, through the actors on one silo and on two.</summary>
public sealed class GoldenTests
{
    [Theory]
    [InlineData("small", 1)]
    [InlineData("small", 2)]
    [InlineData("small_eta20", 1)]
    [InlineData("small_eta20", 2)]
    [InlineData("variants", 1)]
    [InlineData("variants", 2)]
    [InlineData("stage_two", 1)]
    [InlineData("stage_two", 2)]
    public async Task Actors_GoldenFile_GiveTheSameLabelsDualsCentersAndSoftLabels(string file, int silos)
    {
        await using var cluster = await TestCluster.StartAsync(silos);
        var replay = new ActorReplay(cluster.Coke);
        var number = 0;
        foreach (var scenario in GoldenFile.Read(Path.Combine(AppContext.BaseDirectory, "golden", $"{file}.json.gz")))
        {
            var comparison = await replay.RunAsync(scenario, $"golden-{number++}");
            Assert.True(comparison.Labels > 0);
            Assert.True(
                comparison.Passes,
                $"{scenario.Name}: {comparison.LabelDifferences} labels, {comparison.CountDifferences} counts, "
                    + $"duals {comparison.DualError:e1}, "
                    + $"centers {comparison.CenterError:e1}, soft labels {comparison.SoftLabelError:e1}"
            );
        }
    }
}
