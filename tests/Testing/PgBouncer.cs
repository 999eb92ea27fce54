using System.Diagnostics;
using System.Text;
using Npgsql;

namespace CoKe.Testing;

/// <summary>A real PgBouncer before a server, with few connections to it, so that what one session leaves behind meets another.</summary>
public sealed class PgBouncer : IAsyncDisposable
{
    static readonly string[] _s_places = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"];

    readonly Process _process;
    readonly string _folder;
    readonly int _port;

    PgBouncer(Process process, string folder, int port) => (_process, _folder, _port) = (process, folder, port);

    /// <summary>Starts one.</summary>
    /// <param name="server">Where it connects to.</param>
    /// <param name="mode">Its pool_mode: session, transaction or statement.</param>
    /// <exception cref="FileNotFoundException">PgBouncer is not installed.</exception>
    public static async Task<PgBouncer> StartAsync(PostgresServer server, string mode)
    {
        var program = _s_places.FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException("PgBouncer is not installed: run ./test.sh, or 'apt-get install pgbouncer' as root.");
        var folder = Directory.CreateTempSubdirectory("coke-pgbouncer-").FullName;
        var port = PostgresServer.FreePort();
        var settings = Path.Combine(folder, "pgbouncer.ini");
        await File.WriteAllTextAsync(
            settings,
            $"""
            [databases]
            * = host=127.0.0.1 port={server.Port} user={PostgresServer.User} password={PostgresServer.Password}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = {mode}
            default_pool_size = {(mode == "session" ? 40 : 3)}
            """
        );
        // It does not run as root, as the server.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, (UnixFileMode)Convert.ToInt32("755", 8));
        var start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("runuser", ["-u", "postgres", "--", program, settings])
            : new ProcessStartInfo(program, [settings]);
        start.WorkingDirectory = "/";
        start.RedirectStandardError = true;
        var process = new Process { StartInfo = start };
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var said = new StringBuilder();
        process.ErrorDataReceived += (_, line) =>
        {
            said.AppendLine(line.Data);
            if (line.Data is null)
                up.TrySetException(new InvalidOperationException($"PgBouncer did not start: {said}"));
            else if (line.Data.Contains("process up", StringComparison.Ordinal))
                up.TrySetResult(); // it listens
        };
        process.Start();
        process.BeginErrorReadLine();
        var pooler = new PgBouncer(process, folder, port);
        await up.Task;
        return pooler;
    }

    /// <summary>The connection string of a database behind it.</summary>
    public string Before(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString) { Port = _port }.ConnectionString;

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
