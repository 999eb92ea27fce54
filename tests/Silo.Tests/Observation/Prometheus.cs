using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace CoKe.Silo.Tests.Observation;

/// <summary>Debian's Prometheus, which scrapes one silo every second.</summary>
sealed class Prometheus : IAsyncDisposable
{
    const string Program = "/usr/bin/prometheus";

    readonly Process _process;
    readonly TemporaryFolder _folder;
    readonly HttpClient _http;

    Prometheus(Process process, TemporaryFolder folder, HttpClient http) => (_process, _folder, _http) = (process, folder, http);

    /// <summary>Starts one; completes when it answers.</summary>
    /// <param name="silo">Where the silo's HTTP port is.</param>
    /// <param name="tokenFile">The token that it shows.</param>
    /// <exception cref="FileNotFoundException">It is not installed.</exception>
    public static async Task<Prometheus> StartAsync(IPEndPoint silo, string tokenFile)
    {
        if (!File.Exists(Program))
            throw new FileNotFoundException("Prometheus is not installed: run ./test.sh, or 'apt-get install prometheus' as root.");
        var folder = new TemporaryFolder();
        var port = FreePort();
        await File.WriteAllTextAsync(
            folder.File("prometheus.yml"),
            $$"""
            global: { scrape_interval: 1s, scrape_timeout: 1s }
            scrape_configs:
              - job_name: coke
                authorization: { credentials_file: {{tokenFile}} }
                static_configs: [ { targets: [ "{{silo}}" ] } ]
            """
        );
        var start = new ProcessStartInfo(
            Program,
            [
                $"--config.file={folder.File("prometheus.yml")}",
                $"--storage.tsdb.path={folder.File("data")}",
                $"--web.listen-address=127.0.0.1:{port}",
            ]
        )
        {
            RedirectStandardError = true,
        };
        var process = new Process { StartInfo = start };
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var said = new List<string>();
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
                ready.TrySetException(new InvalidOperationException($"Prometheus did not start: {string.Join('\n', said)}"));
            else if (line.Data.Contains("Server is ready", StringComparison.Ordinal))
                ready.TrySetResult();
            else if (!ready.Task.IsCompleted)
                said.Add(line.Data);
        };
        process.Start();
        process.BeginErrorReadLine();
        var server = new Prometheus(process, folder, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") });
        await ready.Task;
        return server;
    }

    /// <summary>How many series an expression gives now.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public async Task<int> CountAsync(string expression)
    {
        using var answer = await _http.GetAsync($"/api/v1/query?query={Uri.EscapeDataString(expression)}");
        var words = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return words.GetProperty("status").GetString() == "success"
            ? words.GetProperty("data").GetProperty("result").GetArrayLength()
            : throw new FormatException($"{expression}: {words.GetProperty("error").GetString()}");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
