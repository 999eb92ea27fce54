using System.Net;
using CoKe.Access;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Tests.Features;
using CoKe.Grains.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace CoKe.Cli.Tests.Commands;

/// <summary>A silo with a gateway, and one run on it that <c>coke cluster</c> has finished: 400 images, heads of 8 and 5 clusters, 4
/// passes.</summary>
public sealed class RunningSilo : IAsyncLifetime
{
    public const string Run = "blobs";

    readonly TemporaryFolder _folder = new();
    EmbeddedSilo? _silo;

    public string Gateway { get; private set; } = "";

    internal Outcome Clustering { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _silo = await EmbeddedSilo.StartAsync();
        Gateway = $"127.0.0.1:{_silo.Client.ServiceProvider.GetRequiredService<IOptions<EndpointOptions>>().Value.GatewayPort}";
        _silo.WriteToken(Token);
        Blobs.Save(_folder.File("blobs.npy"), 400, 12, 6);
        Clustering = await AskAsync(
            "cluster",
            _folder.File("blobs.npy"),
            "--heads",
            "8,5",
            "--batch",
            "64",
            "--epochs",
            "4",
            "--out",
            _folder.File("labels.npy"),
            "--json"
        );
        Assert.Equal(ExitCode.Done, Clustering.ExitCode);
    }

    public async Task DisposeAsync()
    {
        _folder.Dispose();
        if (_silo is not null)
            await _silo.DisposeAsync();
    }

    internal string File(string name) => _folder.File(name);

    /// <summary>A file with what the silo asks for.</summary>
    public string Token => _folder.File("token");

    /// <summary>How a client of the tests reaches it.</summary>
    public CokeConnection Connection => new() { Gateways = [IPEndPoint.Parse(Gateway)], Token = _silo!.Token };

    internal Task<Outcome> AskAsync(params string[] args) => Outcome.OfAsync([.. args, "--gateway", Gateway, "--token-file", Token]);
}
