using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace CoKe.Testing;

/// <summary>
/// A real PostgreSQL server in a temporary folder, on a free port of loopback, with every setting at its default. It refuses to run as
/// root, so root starts it as the user <c>postgres</c>, whom the package makes.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>The server's superuser.</summary>
    public const string User = "coke",
        Password = "coke-test-secret";

    readonly string _folder;
    readonly string _programs;
    int _databases;

    readonly IPAddress _address;

    PostgresServer(string folder, string programs, int port, IPAddress address) =>
        (_folder, _programs, Port, _address) = (folder, programs, port, address);

    public int Port { get; }

    string Data => Path.Combine(_folder, "data");

    /// <summary>Makes and starts a server.</summary>
    /// <param name="address">Where it listens, and for whose network; null: loopback.</param>
    /// <exception cref="FileNotFoundException">PostgreSQL is not installed.</exception>
    public static async Task<PostgresServer> StartNewAsync(IPAddress? address = null)
    {
        var server = new PostgresServer(
            Directory.CreateTempSubdirectory("coke-postgres-").FullName,
            Programs(),
            FreePort(),
            address ?? IPAddress.Loopback
        );
        try
        {
            if (Environment.IsPrivilegedProcess)
                await RunAsync("chown", "postgres", server._folder);
            var password = Path.Combine(server._folder, "password");
            await File.WriteAllTextAsync(password, Password);
            await server.RunAsServerAsync(
                "initdb",
                "-D",
                server.Data,
                "-U",
                User,
                "--auth=scram-sha-256",
                $"--pwfile={password}",
                "--encoding=UTF8",
                "--no-locale"
            );
            if (address is not null)
                await File.AppendAllTextAsync(Path.Combine(server.Data, "pg_hba.conf"), $"host all all {address}/24 scram-sha-256\n");
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it again on the same port.</summary>
    public Task StartAsync() =>
        RunAsServerAsync(
            "pg_ctl",
            "start",
            "-w",
            "-t",
            "300",
            "-D",
            Data,
            "-l",
            Path.Combine(_folder, "log"),
            "-o",
            $"-p {Port} -c listen_addresses={_address} -c unix_socket_directories=''"
        );

    /// <summary>Stops it as a crash would: nothing is flushed, every connection is cut.</summary>
    public Task StopAsync() => RunAsServerAsync("pg_ctl", "stop", "-w", "-m", "immediate", "-D", Data);

    /// <summary>Makes an empty database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test{Interlocked.Increment(ref _databases)}";
        await AskAsync(ConnectionString("postgres"), $"CREATE DATABASE {name}");
        return ConnectionString(name);
    }

    public string ConnectionString(string database) =>
        $"Host={_address};Port={Port};Database={database};Username={User};Password={Password}";

    /// <summary>Runs statements on a connection of their own.</summary>
    /// <returns>The first value.</returns>
    public static async Task<object?> AskAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Cuts every connection to a database, as an administrator may.</summary>
    public Task CutConnectionsAsync(string connectionString) =>
        AskAsync(
            ConnectionString("postgres"),
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = "
                + $"'{new NpgsqlConnectionStringBuilder(connectionString).Database}'"
        );

    /// <summary>
    /// From now on the server says 53100 (disk full) to every row that grains write, as it does when a file cannot grow. To fill a real
    /// disk would need one of its own; what the program sees is the same error at the same place.
    /// </summary>
    public static Task FillDiskAsync(string connectionString) =>
        AskAsync(
            connectionString,
            """
            CREATE FUNCTION public.disk_is_full() RETURNS trigger LANGUAGE plpgsql AS
              $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
            CREATE TRIGGER disk_is_full BEFORE INSERT OR UPDATE ON coke.grain_state
              FOR EACH STATEMENT EXECUTE FUNCTION public.disk_is_full();
            CREATE TRIGGER disk_is_full BEFORE INSERT OR UPDATE ON coke.cluster_size
              FOR EACH STATEMENT EXECUTE FUNCTION public.disk_is_full();
            """
        );

    /// <summary>There is room again.</summary>
    public static Task FreeDiskAsync(string connectionString) => AskAsync(connectionString, "DROP FUNCTION public.disk_is_full CASCADE");

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
            await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    Task RunAsServerAsync(string program, params string[] arguments) =>
        Environment.IsPrivilegedProcess
            ? RunAsync("runuser", ["-u", "postgres", "--", Path.Combine(_programs, program), .. arguments])
            : RunAsync(Path.Combine(_programs, program), arguments);

    static async Task RunAsync(string program, params string[] arguments)
    {
        // What starts in the background would inherit a pipe and hold it open, so nothing is redirected but to nowhere.
        var start = new ProcessStartInfo(
            "/bin/sh",
            ["-c", "exec \"$@\" >\"$0\" 2>&1 </dev/null", Path.GetTempFileName(), program, .. arguments]
        )
        {
            WorkingDirectory = "/",
        };
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        var said = await File.ReadAllTextAsync(start.ArgumentList[2]);
        File.Delete(start.ArgumentList[2]);
        if (process.ExitCode != 0)
            throw new InvalidOperationException(
                $"{Path.GetFileName(program)} {string.Join(' ', arguments)} ended with {process.ExitCode}: {said}"
            );
    }

    /// <summary>The newest server that Debian's packages installed, or that the path has.</summary>
    static string Programs()
    {
        const string Debian = "/usr/lib/postgresql";
        var installed = Directory.Exists(Debian)
            ? Directory
                .GetDirectories(Debian)
                .OrderByDescending(path => int.TryParse(Path.GetFileName(path), out var version) ? version : 0)
                .Select(path => Path.Combine(path, "bin"))
            : [];
        var found = installed
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
            .FirstOrDefault(path => File.Exists(Path.Combine(path, "initdb")));
        return found
            ?? throw new FileNotFoundException("PostgreSQL is not installed: run ./test.sh, or 'apt-get install postgresql' as root.");
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
