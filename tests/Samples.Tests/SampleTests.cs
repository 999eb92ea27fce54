using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace CoKe.Samples.Tests;

/// <summary>Every sample, run as its reader runs it.</summary>
public sealed partial class SampleTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Client_OfARunningSilo_ClustersAndReads()
    {
        await using var silo = new SiloProcess(null);
        Assert.True(await silo.StartAsync(), silo.Output);
        var lines = await Sample.RunAsync("Client", $"{silo.Gateway}");
        Assert.Equal(["epoch 0", "epoch 1", "epoch 2"], lines[..3].Select(line => line.Split(':')[0]));
        Assert.All(lines[..3], line => Assert.Contains("1000 images in 20 steps; 10 clusters of", line));
        Assert.Matches("^Image 0 is in cluster [0-9] of 10[.]$", lines[3]);
        Assert.Contains("Live, epoch 3, attempt 0, step 60", lines[4]);
        Assert.Equal(5, lines.Length);
    }

    [Fact]
    public async Task EmbeddedSilo_StartedAgain_GoesOnWithItsRun()
    {
        var (silo, gateway) = FreePorts();
        string[] arguments = [_folder.File("coke.db"), $"{silo}", $"{gateway}"];
        var lines = await Sample.RunAsync("EmbeddedSilo", arguments);
        Assert.Contains(": Live, epoch 0, attempt 0, step 0", lines[0]);
        Assert.Contains("epoch 0: 600 images in 30 steps; 6 clusters of", lines[1]);
        lines = await Sample.RunAsync("EmbeddedSilo", arguments);
        Assert.Contains(": Live, epoch 1, attempt 0, step 30 of which 30 durable", lines[0]);
        Assert.Contains(": Live, epoch 2, attempt 0, step 60", lines[2]);
        Assert.InRange(Smallest(lines[1]), 50, 100);
        Assert.StartsWith("door at http://127.0.0.1:", lines[3]);
    }

    [Fact]
    public async Task ExactSizes_KeepsEveryMinimumAndMaximum()
    {
        var lines = await Sample.RunAsync("ExactSizes");
        Assert.Equal(11, lines.Length);
        var sizes = ExactLine().Match(lines[^1]).Groups["sizes"].Value.Split(' ');
        Assert.Equal(6, sizes.Length);
        Assert.All(sizes, size => Assert.InRange(int.Parse(size), 120, 225));
        Assert.Equal(900, sizes.Sum(int.Parse));
    }

    [Fact]
    public void Samples_AreAllRunHere()
    {
        var folders = Directory.GetDirectories(Repository.At("samples")).Select(Path.GetFileName).Order();
        Assert.Equal(["Client", "EmbeddedSilo", "ExactSizes"], folders);
    }

    static int Smallest(string epoch) => int.Parse(Sizes().Match(epoch).Groups["smallest"].Value);

    static (int First, int Second) FreePorts()
    {
        using TcpListener first = new(IPAddress.Loopback, 0),
            second = new(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }

    [GeneratedRegex("^exact: sizes (?<sizes>[0-9 ]+), mean similarity 0[.][0-9]+, best: True$")]
    private static partial Regex ExactLine();

    [GeneratedRegex("clusters of (?<smallest>[0-9]+) to")]
    private static partial Regex Sizes();
}
