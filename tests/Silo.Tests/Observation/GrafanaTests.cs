using System.Text.Json;
using CoKe.Access;
using CoKe.Client;

namespace CoKe.Silo.Tests.Observation;

/// <summary>The dashboard for Grafana shows something: every expression of it is run by a Prometheus that scrapes a silo with a
/// run.</summary>
public sealed class GrafanaTests
{
    // What Grafana puts in the place of its variables.
    static readonly (string Variable, string Value)[] _s_variables = [("$__rate_interval", "1m"), ("$run", ".*")];

    [Fact]
    public async Task EveryExpression_OfTheDashboard_GivesSeries()
    {
        using var folder = new TemporaryFolder();
        var token = folder.File("token");
        await using var silo = new SiloProcess(folder.Database, "--token-file", token, "--checkpoint-interval", "7");
        Assert.True(await silo.StartAsync(), silo.Output);
        await using var prometheus = await Prometheus.StartAsync(silo.Http, token);
        await using var coke = await CokeClient.ConnectAsync(
            new CokeConnection { Gateways = [silo.Gateway], Token = new AccessToken(await File.ReadAllTextAsync(token)) }
        );
        await using var run = await DrivenRun.BeginAsync(coke, "shown");
        var missing = Expressions();
        Assert.NotEmpty(missing);

        // A rate needs two scrapes, and a scrape the time between; until then the run goes on.
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            await run.EpochAsync();
            var still = new List<string>();
            foreach (var expression in missing)
                if (await prometheus.CountAsync(expression) == 0)
                    still.Add(expression);
            missing = [.. still];
            if (missing.Length == 0)
                break;
            Assert.False(patience.IsCancellationRequested, $"No series: {string.Join('\n', missing)}");
        }
    }

    [Fact]
    public void EveryMetricOfOurs_InTheDashboard_IsInTheDocument()
    {
        var page = File.ReadAllText(Repository.At("docs/metrics.md"));
        var names = Expressions()
            .SelectMany(expression => System.Text.RegularExpressions.Regex.Matches(expression, "coke_[a-z_]+").Select(match => match.Value))
            .Select(name => name.Replace("_bucket", "").Replace("_sum", "").Replace("_count", ""))
            .Distinct()
            .ToArray();
        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.Contains($"`{name}`", page));
    }

    static string[] Expressions()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Repository.At("docker/grafana/coke.json")));
        return
        [
            .. dashboard
                .RootElement.GetProperty("panels")
                .EnumerateArray()
                .Where(panel => panel.TryGetProperty("targets", out _))
                .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
                .Select(target => target.GetProperty("expr").GetString()!)
                .Select(expression => _s_variables.Aggregate(expression, (text, one) => text.Replace(one.Variable, one.Value)))
                .Distinct(),
        ];
    }
}
