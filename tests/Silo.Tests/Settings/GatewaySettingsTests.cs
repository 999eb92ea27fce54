using System.CommandLine;
using CoKe.Access;
using CoKe.Errors;
using CoKe.Settings;

namespace CoKe.Silo.Tests.Settings;

/// <summary>What a trainer or <c>coke</c> is told of the silos, and what it refuses.</summary>
public sealed class GatewaySettingsTests
{
    const string Secret = "a-secret-that-nobody-may-see";

    readonly Dictionary<string, string> _environment = [];

    [Fact]
    public void Read_NothingSaid_IsTheSiloOfThisMachine()
    {
        var connection = Read("");
        Assert.Equal(new GatewayAddress("localhost", 30_000), Assert.Single(connection.Gateways));
        Assert.True(connection is { Cluster: "default", Token: null, Tls: null });
    }

    [Fact]
    public void Read_SeveralGateways_AreAllTaken_TheCommandLineBeforeTheEnvironment()
    {
        _environment["COKE_GATEWAY"] = "127.0.0.1:1, [::1]:2";
        _environment["COKE_CLUSTER"] = "there";
        _environment["COKE_TOKEN"] = Secret;
        var connection = Read("");
        Assert.Equal(["127.0.0.1:1", "[::1]:2"], connection.Gateways.Select(gateway => $"{gateway}"));
        Assert.Equal("there", connection.Cluster);
        Assert.True(connection.Token!.Equals(Secret));
        Assert.DoesNotContain(Secret, $"{connection}");
        connection = Read("--gateway 127.0.0.1:3 --gateway 127.0.0.2:4 --cluster here");
        Assert.Equal(["127.0.0.1:3", "127.0.0.2:4"], connection.Gateways.Select(gateway => $"{gateway}"));
        Assert.Equal("here", connection.Cluster);
    }

    [Theory]
    [InlineData("--gateway localhost", "--gateway localhost is no HOST:PORT: write for instance localhost:30000.")]
    [InlineData(
        "--gateway 127.0.0.1:1 --gateway 127.0.0.1:0",
        "--gateway 127.0.0.1:0 is no HOST:PORT: write for instance localhost:30000."
    )]
    [InlineData(
        "--tls-key a.key",
        "--tls-key a.key needs --tls-certificate too: TLS takes a certificate, its key, and the authority that signed every peer's."
    )]
    [InlineData(
        "--tls-certificate a.pem",
        "--tls-certificate a.pem needs --tls-key too: TLS takes a certificate, its key, and the authority that signed every peer's."
    )]
    [InlineData("--tls-certificate a.pfx --tls-key a.key", "--tls-key a.key is in a.pfx already: leave it out.")]
    [InlineData("--token-file /no/such/file", "--token-file /no/such/file cannot be read: name a file that this user may read.")]
    public void Read_BadValue_IsRefusedInOneLine(string line, string words) =>
        Assert.Equal(words, Assert.Throws<InvalidOptionsException>(() => Read(line)).Message);

    [Theory]
    [InlineData("--token")]
    [InlineData("--tls-password")]
    public void Secrets_AreNoArguments(string argument) =>
        Assert.NotEmpty(Command(GatewaySettings.Arguments("")).Parse([argument, Secret]).Errors);

    CokeConnection Read(string line)
    {
        var arguments = GatewaySettings.Arguments("");
        var parse = Command(arguments).Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(parse.Errors);
        return GatewaySettings.Read(arguments.Read(parse), _environment.GetValueOrDefault);
    }

    static RootCommand Command(SettingArguments arguments)
    {
        var command = new RootCommand();
        foreach (var argument in arguments.All)
            command.Options.Add(argument);
        return command;
    }
}
