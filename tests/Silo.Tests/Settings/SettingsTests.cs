using System.Net;
using CoKe.Errors;
using CoKe.Settings;
using CoKe.Silo.Settings;

namespace CoKe.Silo.Tests.Settings;

/// <summary>What a silo is told, from three places, and what it refuses.</summary>
public sealed class SettingsTests : IDisposable
{
    const string Secret = "a-secret-that-nobody-may-see";

    readonly TemporaryFolder _folder = new();
    readonly Dictionary<string, string> _arguments = [];
    readonly Dictionary<string, string> _environment = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_NothingSaid_IsOnLoopbackWithAFileAndNoToken()
    {
        var settings = Read();
        Assert.Equal((IPAddress.Loopback, IPAddress.Loopback), (settings.Address, settings.Listen));
        Assert.Equal((11_111, 30_000, 8_080), (settings.SiloPort, settings.GatewayPort, settings.HttpPort));
        Assert.Equal("coke-data/coke.db", Assert.IsType<StorageSettings.Sqlite>(settings.Storage).Options.Path);
        Assert.Equal("default", settings.Cluster);
        Assert.True(settings is { Token: null, Tls: null, CheckpointInterval: null, PrimaryPort: null });
    }

    [Fact]
    public void Read_NothingSaidOfConnections_TheyHaveHalfOfTheFiles()
    {
        var limits = Read().Connections;
        Assert.Equal((256, 128, 128), (limits.Gateway.Connections, limits.Silo.Connections, limits.Http.Connections));
        Assert.Equal((64, 32, 64), (limits.Gateway.Pending, limits.Silo.Pending, limits.Http.Pending));
        Assert.Equal((192, 96, 96), (limits.Gateway.PerAddress, limits.Silo.PerAddress, limits.Http.PerAddress));
        _arguments["max-connections"] = "100";
        _arguments["max-pending-connections"] = "20";
        _arguments["max-connections-per-address"] = "50";
        limits = Read().Connections;
        Assert.Equal((100, 20, 50), (limits.Gateway.Connections, limits.Gateway.Pending, limits.Gateway.PerAddress));
        Assert.Equal((128, 20, 50), (limits.Silo.Connections, limits.Silo.Pending, limits.Silo.PerAddress));
    }

    [Fact]
    public void Read_OneOptionInThreePlaces_CommandLineBeforeEnvironmentBeforeFile()
    {
        File(
            """
            {
              "Coke": { "SiloPort": 1001, "GatewayPort": 1002, "HttpPort": "1003" },
              "Logging": { "LogLevel": { "Default": "Trace" } }
            }
            """
        );
        _environment["COKE_GATEWAY_PORT"] = "2002";
        _environment["COKE_HTTP_PORT"] = "2003";
        _arguments["http-port"] = "3003";
        var settings = Read();
        Assert.Equal((1001, 2002, 3003), (settings.SiloPort, settings.GatewayPort, settings.HttpPort));
    }

    [Fact]
    public void Read_MalformedInAnyPlace_IsRefusedByTheNameItHasThere()
    {
        foreach (
            var option in new[] { SiloOptions.SiloPort, SiloOptions.GatewayPort, SiloOptions.HttpPort, SiloOptions.CheckpointInterval }
        )
        {
            Assert.Equal($"--{option.Name} no is no whole number.", Refusal(arguments: new() { [option.Name] = "no" }));
            Assert.Equal($"{option.Variable}=no is no whole number.", Refusal(environment: new() { [option.Variable] = "no" }));
            Assert.Equal(
                $"Coke:{option.Key} of appsettings.json, no, is no whole number.",
                Refusal(file: $$"""{ "Coke": { "{{option.Key}}": "no" } }""")
            );
        }

        Assert.Equal(
            ("COKE_CHECKPOINT_INTERVAL", "CheckpointInterval"),
            (SiloOptions.CheckpointInterval.Variable, SiloOptions.CheckpointInterval.Key)
        );
        Assert.Equal(SiloOptions.All.Count, SiloOptions.All.Select(option => option.Name).Distinct().Count());
    }

    [Fact]
    public void Read_OutOfRangeInAnyPlace_IsRefusedByTheNameItHasThere()
    {
        Assert.StartsWith(
            "COKE_CHECKPOINT_INTERVAL=1000 cannot be used. ",
            Refusal(environment: new() { ["COKE_CHECKPOINT_INTERVAL"] = "1000" })
        );
        Assert.StartsWith(
            "Coke:DataLimit of appsettings.json, 0.5, cannot be used. ",
            Refusal(file: """{ "Coke": { "DataLimit": 0.5 } }""")
        );
        var connection = Refusal(arguments: new() { ["storage"] = "postgres", ["connection"] = $"Hots=a;Password={Secret}" });
        Assert.StartsWith("--connection cannot be used. The connection string cannot be read: ", connection);
        Assert.DoesNotContain(Secret, connection);
    }

    [Theory]
    [InlineData("silo-port", "65536", "--silo-port 65536 is no port: give a number from 1 to 65535.")]
    [InlineData("http-port", "0", "--http-port 0 is no port: give a number from 1 to 65535.")]
    [InlineData("http-port", "11111", "--silo-port and --http-port are both 11111: give each its own.")]
    [InlineData("storage", "mysql", "--storage mysql is no storage: give sqlite, postgres or memory.")]
    [InlineData("storage", "postgres", "--storage postgres needs a database: give --connection-file or --connection.")]
    [InlineData("connection", Secret, "--connection needs --storage postgres.")]
    [InlineData("data", " ", "--data   is empty: give it a value, or leave it out.")]
    [InlineData("data-limit", "much", "--data-limit much is no number of MB.")]
    [InlineData("primary-port", "11111", "--primary-port 11111 needs --storage memory.")]
    [InlineData("checkpoint-interval", "often", "--checkpoint-interval often is no whole number.")]
    [InlineData("log-level", "loud", "--log-level loud is no log level: give one of trace, debug, information, warning, error, none.")]
    [InlineData("log-level", "3", "--log-level 3 is no log level: give one of trace, debug, information, warning, error, none.")]
    [InlineData(
        "max-connections",
        "3",
        "--max-connections 3 is no number of connections: give 4 to 1024, the files that this process may open."
    )]
    [InlineData(
        "max-http-connections",
        "2000",
        "--max-http-connections 2000 is no number of connections: give 4 to 1024, the files that this process may open."
    )]
    [InlineData(
        "max-silo-connections",
        "900",
        "--max-silo-connections 900 is too many: all ports together would take 1284 of the 1024 files that this process may open, "
            + "and 768 are the most. Lower it, or raise 'ulimit -n'."
    )]
    [InlineData(
        "max-pending-connections",
        "128",
        "--max-pending-connections 128 leaves no room for others: give fewer than the 128 connections that --max-silo-connections allows."
    )]
    [InlineData(
        "max-connections-per-address",
        "0",
        "--max-connections-per-address 0 is no number of connections: give 1 to 1024, the files that this process may open."
    )]
    [InlineData("cluster", "", "--cluster  is empty: give it a value, or leave it out.")]
    [InlineData("address", "no.such.host.invalid", "--address no.such.host.invalid is no IP address, and no host of that name is known.")]
    [InlineData(
        "address",
        "0.0.0.0",
        "--address 0.0.0.0 is no address that others could reach: give the silo's own, and listen on all by --listen."
    )]
    [InlineData("listen", "0.0.0.0", "--listen 0.0.0.0 needs --address too: the address that others reach this silo by.")]
    [InlineData("token-file", "/no/such/file", "--token-file /no/such/file cannot be read: name a file that this user may read.")]
    [InlineData(
        "tls-name",
        "coke",
        "--tls-name coke needs --tls-certificate too: TLS takes a certificate, its key, and the authority that signed every peer's."
    )]
    public void Read_BadValue_IsRefusedInOneLine(string option, string value, string words) =>
        Assert.Equal(words, Refusal(arguments: new() { [option] = value }));

    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("::ffff:10.1.2.3")]
    [InlineData("2001:db8::1")]
    public void Read_PublicAddress_NeedsAToken(string address)
    {
        _arguments["address"] = address;
        Assert.Equal(
            $"--address {address} can be reached from other machines: configure a token by --token-file or COKE_TOKEN, "
                + "or stay on loopback.",
            Refusal()
        );
        _environment["COKE_TOKEN"] = Secret;
        Assert.Equal(IPAddress.Parse(address), Read().Listen);
    }

    [Fact]
    public void Read_PublicListenOrAdvertisedAddress_NeedsAToken()
    {
        _arguments["address"] = "127.0.0.1";
        _arguments["listen"] = "0.0.0.0";
        Assert.StartsWith("--listen 0.0.0.0 can be reached from other machines:", Refusal());
        _arguments["listen"] = "127.0.0.1";
        _arguments["address"] = "10.1.2.3"; // reached through a port that someone forwards
        Assert.StartsWith("--address 10.1.2.3 can be reached from other machines:", Refusal());
    }

    [Fact]
    public void Read_StorageOfHigherRank_LetsOptionsOfTheOtherRest()
    {
        File("""{ "Coke": { "Storage": "sqlite", "Data": "here.db" } }""");
        _environment["COKE_STORAGE"] = "postgres";
        _environment["COKE_CONNECTION"] = $"Host=localhost;Password={Secret}";
        Assert.Equal($"Host=localhost;Password={Secret}", Assert.IsType<StorageSettings.Postgres>(Read().Storage).ConnectionString);
        _arguments["memory"] = "True";
        Assert.IsType<StorageSettings.Memory>(Read().Storage);
        _arguments["data"] = "there.db";
        Assert.Equal("--data there.db needs --storage sqlite, but --memory is given: leave out one of them.", Refusal());
    }

    [Fact]
    public void Read_Secrets_AreNeverShown()
    {
        _environment["COKE_TOKEN"] = Secret;
        _environment["COKE_STORAGE"] = "postgres";
        _environment["COKE_CONNECTION"] = $"Host=localhost;Password={Secret}";
        var settings = Read();
        Assert.DoesNotContain(Secret, $"{settings}");
        Assert.DoesNotContain(Secret, $"{settings.Storage} {settings.Storage.Place} {settings.Token}");

        // Nor when they are refused.
        _environment["COKE_TOKEN"] = Secret + " with a blank";
        var refused = Assert.Throws<InvalidOptionsException>(Read);
        Assert.StartsWith("COKE_TOKEN is no token of 16 to 4096 letters", refused.Message);
        Assert.DoesNotContain(Secret, $"{refused}{refused.Value}");
        _environment.Remove("COKE_STORAGE");
        _environment.Remove("COKE_TOKEN");
        Assert.Equal("COKE_CONNECTION needs --storage postgres.", Refusal());
    }

    [Fact]
    public void Read_TokenTwiceInOnePlace_IsRefused_InTwoTheHigherCounts()
    {
        var file = _folder.File("token");
        System.IO.File.WriteAllText(file, $" {Secret}\n");
        _environment["COKE_TOKEN"] = "another-token-of-some-length";
        _arguments["token-file"] = file;
        Assert.True(Read().Token!.Equals(Secret));
        _environment["COKE_TOKEN_FILE"] = file;
        _arguments.Clear();
        Assert.Equal($"COKE_TOKEN_FILE={file} and COKE_TOKEN say the same thing: give only one of them.", Refusal());
        System.IO.File.WriteAllText(file, "\n");
        _environment.Remove("COKE_TOKEN");
        Assert.Equal($"COKE_TOKEN_FILE={file} is empty: write the secret into it.", Refusal());
    }

    [Theory]
    [InlineData("""{ "Coke": { "SiloPrt": 1 } }""", "Coke:SiloPrt of appsettings.json is no option: the nearest is SiloPort.")]
    [InlineData(
        """{ "Coke": { "SiloPort": [1] } }""",
        "Coke:SiloPort of appsettings.json is no single value: write a text, a number or true."
    )]
    [InlineData("""{ "Coke": """, "appsettings.json cannot be read: ")]
    public void Read_DamagedFile_IsRefused(string file, string words)
    {
        var refusal = Refusal(file: file);
        Assert.StartsWith(words, refusal);
        Assert.DoesNotContain('\n', refusal);
    }

    [Theory]
    [InlineData("[", 400_000)]
    [InlineData("{\"Coke\":", 400_000)]
    [InlineData(" ", 1 << 21)]
    public void Read_AFileOfBracketsOrMegabytes_IsRefusedInOneLine(string part, int times)
    {
        var refusal = Refusal(file: string.Concat(Enumerable.Repeat(part, times)));
        Assert.StartsWith("appsettings.json cannot be read: ", refusal);
        Assert.DoesNotContain('\n', refusal);
    }

    [Fact]
    public void Read_AKeyThatSteersATerminal_IsShown() =>
        Assert.StartsWith(
            "Coke:\\u001b[31m\\u202e of appsettings.json is no option",
            Refusal(file: """{ "Coke": { "\u001b[31m\u202e": 1 } }""")
        );

    void File(string text) => System.IO.File.WriteAllText(_folder.File("appsettings.json"), text);

    SiloSettings Read() =>
        new SiloSettingsReader(
            new SettingSources(_arguments, _environment.GetValueOrDefault, new SettingsFile(_folder.Path).Find),
            files: 1024
        ).Read();

    string Refusal(Dictionary<string, string>? arguments = null, Dictionary<string, string>? environment = null, string? file = null)
    {
        File(file ?? "{}");
        var sources = () =>
            new SettingSources(
                arguments ?? _arguments,
                (environment ?? _environment).GetValueOrDefault,
                new SettingsFile(_folder.Path).Find
            );
        return Assert.Throws<InvalidOptionsException>(() => new SiloSettingsReader(sources(), files: 1024).Read()).Message;
    }
}
