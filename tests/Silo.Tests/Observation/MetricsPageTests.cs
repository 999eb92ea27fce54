using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using CoKe.Client;

namespace CoKe.Silo.Tests.Observation;

/// <summary>What a silo tells to Prometheus, to a collector and in a browser, and to whom.</summary>
public sealed partial class MetricsPageTests
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Page_HasEveryInstrumentOfTheDocument_ByPrometheusConventions()
    {
        using var folder = new TemporaryFolder();
        await using var silo = new SiloProcess(folder.Database, "--checkpoint-interval", "7");
        Assert.True(await silo.StartAsync(), silo.Output);
        await using var coke = await CokeClient.ConnectAsync([silo.Gateway]);
        await using var run = await DrivenRun.BeginAsync(coke, "paged");
        await run.EpochAsync();
        await run.EpochAsync();
        using var http = Client(silo);
        string page;
        do // what is measured of a request shows in the next one, and so does the size of the storage
            page = await http.GetStringAsync("/metrics");
        while (!page.Contains("coke_storage_size_bytes") || !page.Contains("http_server_request_duration"));

        // Every line is one sample of a metric whose kind was said before.
        var kinds = new Dictionary<string, string>();
        foreach (var line in page.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Kind().Match(line) is { Success: true } kind)
                kinds.Add(kind.Groups["name"].Value, kind.Groups["kind"].Value);
            else if (!line.StartsWith("# HELP ", StringComparison.Ordinal))
                Assert.True(
                    Sample().Match(line) is { Success: true } sample && kinds.ContainsKey(Base(sample.Groups["name"].Value, kinds)),
                    line
                );
        }

        var ours = kinds.Where(one => one.Key.StartsWith("coke_", StringComparison.Ordinal)).ToArray();
        Assert.All(ours, one => Assert.Equal(one.Value == "counter", one.Key.EndsWith("_total", StringComparison.Ordinal)));
        Assert.All(ours.Where(one => one.Key.Contains("_time_") || one.Key.Contains("_duration") || one.Key.Contains("_age")), one =>
            Assert.Contains("_seconds", one.Key)
        );
        // What trainers tell is there when they have told it.
        Assert.Subset(Documented().ToHashSet(), ours.Select(one => one.Key).ToHashSet());
        Assert.Superset(Documented().Where(name => !OfTrainers(name)).ToHashSet(), ours.Select(one => one.Key).ToHashSet());
        Assert.Matches("coke_run_refusals_total\\{[^}]*kind=\"invalid_end\"[^}]*\\} 0\n", page); // before the first is refused

        // Those of others stand beside them.
        foreach (
            var other in new[]
            {
                "orleans_catalog_activations",
                "dotnet_process_memory_working_set_bytes",
                "http_server_request_duration_seconds",
            }
        )
            Assert.Contains(kinds.Keys, name => name.StartsWith(other, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/orleans/")]
    [InlineData("/orleans/DashboardCounters")]
    [InlineData("/v1/silos")]
    [InlineData("/v1/storage")]
    public async Task EveryPage_WithoutAToken_TellsNothing_AndWithOneItDoes(string path)
    {
        using var folder = new TemporaryFolder();
        await using var silo = new SiloProcess(null, "--token-file", folder.File("token"), "--feed-token-file", folder.File("feed"));
        Assert.True(await silo.StartAsync(), silo.Output);
        using var http = Client(silo);
        using var strange = await http.GetAsync(path);
        Assert.Equal(HttpStatusCode.Unauthorized, strange.StatusCode);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "a-token-of-nobody-at-all");
        using var wrong = await http.GetAsync(path);
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        foreach (var name in new[] { "feed", "token" })
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Bearer",
                (await File.ReadAllTextAsync(folder.File(name))).Trim()
            );
            using var known = await http.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, known.StatusCode);
        }
    }

    [Fact]
    public async Task Dashboard_AsksNoOtherHost_AndReachesNoGrainAndNoLog()
    {
        await using var silo = new SiloProcess(null);
        Assert.True(await silo.StartAsync(), silo.Output);
        using var http = Client(silo);
        using var page = await http.GetAsync("/orleans/");
        Assert.Contains("default-src 'self'", page.Headers.GetValues("Content-Security-Policy").Single());
        var text = await page.Content.ReadAsStringAsync();
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", text);
        Assert.DoesNotMatch("<script(?![^>]*\\bsrc=)", text); // such a one would not run under that policy
        foreach (
            var closed in new[] { "/orleans/GrainState?grainId=x&grainType=y", "/orleans/grainstate", "/orleans/Trace", "/orleans/trace/" }
        )
        {
            using var answer = await http.GetAsync(closed);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        Assert.DoesNotContain("/orleans", await http.GetStringAsync("/openapi/v1.json")); // it is no request for programs
        http.DefaultRequestHeaders.Host = "evil.example"; // a page of the web, by a name that leads here
        foreach (var path in new[] { "/orleans/", "/metrics" })
        {
            using var answer = await http.GetAsync(path);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Otlp_IsSentToTheCollectorThatIsNamed()
    {
        using var collector = new TcpListener(IPAddress.Loopback, 0);
        collector.Start();
        var heard = HearAsync(collector);
        await using var silo = new SiloProcess(null, "--otlp", $"http://{collector.LocalEndpoint}", "--otlp-protocol", "http");
        Assert.True(await silo.StartAsync(), silo.Output);
        await using (var coke = await CokeClient.ConnectAsync([silo.Gateway]))
        {
            await using var run = await DrivenRun.BeginAsync(coke, "sent");
            await run.EpochAsync();
        }

        await silo.StopAsync(); // what is collected is sent at the latest now
        var posts = await heard.WaitAsync(Patience);
        Assert.Contains(posts, post =>
            post.StartsWith("POST /v1/metrics ", StringComparison.Ordinal) && post.Contains("coke.step.duration")
        );
        Assert.Contains(posts, post => post.StartsWith("POST /v1/traces ", StringComparison.Ordinal) && post.Contains("coke.step"));
        Assert.Contains(posts, post => post.Contains("coke-silo"));
    }

    [Theory]
    [InlineData("--otlp", "localhost:4317", "--otlp localhost:4317 is no address of a collector")]
    [InlineData("--otlp-protocol", "http", "needs a collector")]
    [InlineData("--otlp-protocol", "udp", "is no protocol of OTLP")]
    public async Task Otlp_ThatCannotBeSent_EndsTheStart(string option, string value, string said)
    {
        await using var silo = new SiloProcess(null, option, value);
        Assert.False(await silo.StartAsync());
        Assert.Contains(said, Assert.Single(silo.ErrorLines));
    }

    /// <summary>Takes what comes by plain HTTP until both signals have come with what is waited for.</summary>
    static async Task<List<string>> HearAsync(TcpListener collector)
    {
        var posts = new List<string>();
        while (
            !posts.Any(post => post.Contains("coke.step.duration", StringComparison.Ordinal))
            || !posts.Any(post =>
                post.Contains("coke.step", StringComparison.Ordinal) && post.StartsWith("POST /v1/traces", StringComparison.Ordinal)
            )
        )
        {
            using var caller = await collector.AcceptTcpClientAsync();
            await using var stream = caller.GetStream();
            var (text, buffer) = (new StringBuilder(), new byte[64 << 10]);
            while (!IsWhole(text.ToString()))
            {
                var read = await stream.ReadAsync(buffer);
                if (read == 0)
                    break;
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }

            posts.Add(text.ToString());
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
        }

        return posts;
    }

    static bool IsWhole(string request)
    {
        var end = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
            return false;
        var length = Length().Match(request);
        return length.Success
            ? request.Length - end - 4 >= int.Parse(length.Groups[1].Value)
            : request.EndsWith("0\r\n\r\n", StringComparison.Ordinal);
    }

    // A histogram has lines of three names, all of one kind.
    static string Base(string name, Dictionary<string, string> kinds) => kinds.ContainsKey(name) ? name : Parts().Replace(name, "");

    static IEnumerable<string> Documented() =>
        File.ReadLines(Repository.At("docs/metrics.md"))
            .Select(line => Row().Match(line))
            .Where(row => row.Success)
            .Select(row => row.Groups[1].Value)
            .Order(StringComparer.Ordinal);

    static bool OfTrainers(string name) => name.StartsWith("coke_trainer_", StringComparison.Ordinal);

    static HttpClient Client(SiloProcess silo) =>
        new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri($"http://{silo.Http}"),
            Timeout = Patience,
        };

    [GeneratedRegex("^# TYPE (?<name>[a-z_]+) (?<kind>counter|gauge|histogram)$")]
    private static partial Regex Kind();

    [GeneratedRegex("""^(?<name>[a-z_]+)(\{([a-zA-Z_]+="([^"\\]|\\.)*",?)*\})? (-?[0-9.eE+-]+|[+-]Inf|NaN)$""")]
    private static partial Regex Sample();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Parts();

    [GeneratedRegex(@"^\| `(coke_[a-z_]+)` \|")]
    private static partial Regex Row();

    [GeneratedRegex("(?i)content-length: ([0-9]+)")]
    private static partial Regex Length();
}
