using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace CoKe.Testing;

/// <summary>A real PgBouncer before a server, with few connections to it, so that what one session leaves behind meets another.</summary>
public sealed class PgBouncer : IAsyncDisposable
{
    static readonly string[] s_places = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"];

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
        var program = s_places.FirstOrDefault(File.Exists) ?? throw new FileNotFoundException("PgBouncer is not installed: run ./test.sh, or 'apt-get install pgbouncer' as root.");
        var folder = Directory.CreateTempSubdirectory("coke-pgbouncer-").FullName;
        var port = FreePort();
        var settings = Path.Combine(folder, "pgbouncer.ini");
        await File.WriteAllTextAsync(settings, $"""
            [databases]
            * = host=127.0.0.1 port={server.Port} user={PostgresServer.User} password={PostgresServer.Password}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = {mode}
            default_pool_size = {(mode == "session" ? 40 : 3)}
            """);
        // It does not run as root, as the server.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, (UnixFileMode)Convert.ToInt32("755", 8));
        var start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("runuser", ["-u", "postgres", "--", program, "-q", settings])
            : new ProcessStartInfo(program, ["-q", settings]);
        start.WorkingDirectory = "/";
        (start.RedirectStandardError, start.RedirectStandardOutput) = (true, true);
        var pooler = new PgBouncer(Process.Start(start)!, folder, port);
        await pooler.UntilItListensAsync();
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

    // Its port tells nobody when it opens.
    async Task UntilItListensAsync()
    {
        for (var tries = 0; ; tries++)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, _port);
                return;
            }
            catch (SocketException) when (tries < 200 && !_process.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
