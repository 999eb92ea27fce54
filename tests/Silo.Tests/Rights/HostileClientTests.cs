using System.Net;
using System.Reflection;
using CoKe.Abstractions;
using CoKe.Abstractions.Rights;
using CoKe.Access;
using CoKe.Access.Rights;
using CoKe.Client;
using CoKe.Grains.Rights;
using Orleans.Concurrency;

namespace CoKe.Silo.Tests.Rights;

/// <summary>
/// A hostile client that knows a token, or none, and calls whatever it can name: each call ends as the right at its method says, and a run
/// that is attacked meanwhile comes to the bits that it comes to in peace.
/// </summary>
public sealed class HostileClientTests : IAsyncLifetime
{
    const int Rounds = 20;

    readonly TemporaryFolder _folder = new();
    SiloProcess _silo = null!;
    CokeClient _owner = null!;

    public async Task InitializeAsync()
    {
        _silo = new SiloProcess(
            null,
            "--token-file",
            _folder.File("token"),
            "--feed-token-file",
            _folder.File("feed"),
            "--silo-token-file",
            _folder.File("silos")
        );
        Assert.True(await _silo.StartAsync(), _silo.Output);
        _owner = await CokeClient.ConnectAsync(new CokeConnection { Gateways = [_silo.Gateway], Token = Token("token") });
    }

    public async Task DisposeAsync()
    {
        await _owner.DisposeAsync();
        await _silo.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("feed", "feed", Right.Feed)]
    [InlineData("token", "token", Right.Administer)]
    [InlineData("feed", null, null)] // it has come in, and proves nothing
    [InlineData("feed", "made up", null)]
    [InlineData("token", "feed", Right.Feed)]
    public async Task EveryMethodOfEveryContract_ByToken_EndsAsItsRightSays(string door, string? shown, Right? held)
    {
        await using var attacked = await DrivenRun.BeginAsync(_owner, "attacked");
        await attacked.EpochAsync();
        var before = await _owner.GetStatusAsync("attacked");
        await using var client = await HostileClient.StartAsync(_silo.Gateway, Token(door), Key(shown));
        var forbidden = Calls().Where(call => !(held >= call.Needed)).ToArray();
        Assert.NotEmpty(forbidden);
        await attacked.EpochAsync(async step =>
        {
            if (step > 0)
                return;
            foreach (var (contract, method, _) in Enumerable.Repeat(forbidden, Rounds).SelectMany(calls => calls))
                AssertRefused(method, await CallAsync(client, contract, method, "attacked", before));
        });

        // Nothing was altered, and nothing stopped: a run that had recovered would be in another incarnation.
        await attacked.AssertClustersAsync();
        Assert.Equal(
            (before.RunId, before.Incarnation),
            await _owner.GetStatusAsync("attacked") is var after ? (after.RunId, after.Incarnation) : default
        );

        // What the right allows is not refused for want of it, whatever else becomes of it.
        var plaything = await _owner.CreateRunAsync(new RunSpecification("plaything", DrivenRun.Options(1, 9)));
        foreach (var (contract, method, _) in Calls().Where(call => held >= call.Needed))
            Assert.IsNotType<RightRefusedException>(await CallAsync(client, contract, method, "plaything", plaything));
    }

    [Fact]
    public async Task NoToken_NothingButAClosedConnection()
    {
        Assert.Equal(AccessRefusal.TokenMissing, await ClosedAsync(_silo.Gateway, null));
        Assert.Equal(AccessRefusal.TokenWrong, await ClosedAsync(_silo.Gateway, new AccessToken("a-token-of-nobody-at-all")));
        Assert.Equal(AccessRefusal.WrongPort, await ClosedAsync(_silo.Silo, Token("token"))); // the silos' port

        async Task<AccessRefusal> ClosedAsync(IPEndPoint port, AccessToken? door) =>
            (await Assert.ThrowsAsync<AccessRefusedException>(() => HostileClient.StartAsync(port, door, Key("token")))).Refusal;
    }

    [Theory]
    [InlineData("feed")]
    [InlineData("token")]
    public async Task SystemTargetsAndManagement_OfOrleans_AreTheClustersAlone(string token)
    {
        await using var run = await DrivenRun.BeginAsync(_owner, "run");
        var status = await _owner.GetStatusAsync("run");
        await using var client = await HostileClient.StartAsync(_silo.Gateway, Token(token), Key(token));
        var made = new MadeUp(status.RunId, status.Incarnation, DrivenRun.Options(9, 6));
        var refused = new HashSet<string>();
        var sequencer = client.Client.GetGrain<ISequencerGrain>(status.RunId).GetGrainId();
        foreach (var (target, contract) in OrleansOwn.Pairs(Assert.Single(client.Silos), sequencer))
        {
            foreach (var method in OrleansOwn.MethodsOf(contract))
            {
                var outcome = await HostileClient.TryAsync(client.Reference(target, contract), method, made.Of(method));
                if (method.IsDefined(typeof(OneWayAttribute)) || method.ReturnType == typeof(void))
                    continue; // nobody is told
                Assert.True(outcome is not null, $"{contract.Name}.{method.Name} at {target} was done.");
                if (outcome is RightRefusedException)
                    refused.Add(contract.Name);
            }
        }

        // A target that is none of the contract says so before anybody looks at rights: those that are must have refused.
        string[] present =
        [
            "IManagementGrain",
            "ISiloControl",
            "IMembershipService",
            "IMembershipTableSystemTarget",
            "IGrainDirectoryPartition",
            "IStreamConsumerExtension",
        ];
        Assert.Empty(present.Except(refused));
        await run.EpochAsync();
        await run.AssertClustersAsync();
    }

    [Fact]
    public async Task ForgedSender_IsNotBelieved()
    {
        await using var attacked = await DrivenRun.BeginAsync(_owner, "attacked");
        await attacked.EpochAsync();
        var before = await _owner.GetStatusAsync("attacked");
        await using var client = await HostileClient.StartAsync(_silo.Gateway, Token("token"), Key("token"));
        var sequencer = client.Client.GetGrain<ISequencerGrain>(before.RunId).GetGrainId();
        foreach (var sender in new[] { sequencer, OrleansOwn.Target("clustering", client.Silos.Single()) })
        {
            var own = client.Impersonate(sender);
            foreach (var (contract, method, _) in Calls().Where(call => call.Needed == Right.Cluster))
                CallAsync(client, contract, method, "attacked", before).Ignore(); // the answer goes to who it says it is
            client.Impersonate(own);

            // Those before were received before these.
            foreach (var (contract, method, _) in Calls().Where(call => call.Needed == Right.Cluster))
                AssertRefused(method, await CallAsync(client, contract, method, "attacked", before));
        }

        await attacked.EpochAsync();
        await attacked.AssertClustersAsync();
        Assert.Equal(before.Incarnation, (await _owner.GetStatusAsync("attacked")).Incarnation);
    }

    [Fact]
    public async Task ClusterKey_NeverLeavesForAClient()
    {
        var key = new ClusterSecret(Token("silos").CallKey).KeyFor(CallKeys.Purpose);
        await using (var run = await DrivenRun.BeginAsync(_owner, "run"))
            await run.EpochAsync();
        var status = await _owner.GetStatusAsync("run");
        await using var client = await HostileClient.StartAsync(_silo.Gateway, Token("token"), Key("token"));
        foreach (var (contract, method, needed) in Calls())
            if (!method.Name.StartsWith("Delete", StringComparison.Ordinal))
                await CallAsync(client, contract, method, "run", status);
        await _silo.StopAsync(); // clients are told of it
        Assert.True(client.HasHeard("coke"u8)); // it listens
        Assert.False(client.HasHeard(key));
        foreach (var token in new[] { "token", "feed", "silos" })
            Assert.DoesNotContain(File.ReadAllText(_folder.File(token)).Trim(), _silo.Output);
    }

    AccessToken Token(string file) => new(File.ReadAllText(_folder.File(file)));

    byte[]? Key(string? shown) =>
        shown is null ? null
        : File.Exists(_folder.File(shown)) ? Token(shown).CallKey
        : [.. Enumerable.Repeat((byte)7, 32)];

    static IEnumerable<(Type Contract, MethodInfo Method, Right? Needed)> Calls() =>
        ContractRights.Contracts.SelectMany(
            contract => ContractRights.MethodsOf(contract),
            (contract, method) => (contract, method, ContractRights.NeedsOf(method))
        );

    static Task<Exception?> CallAsync(HostileClient client, Type contract, MethodInfo method, string run, RunStatus status) =>
        HostileClient.TryAsync(
            Targets.Of(client.Client, contract, run, status.RunId),
            method,
            new MadeUp(status.RunId, status.Incarnation, DrivenRun.Options(9, 6)).Of(method)
        );

    static void AssertRefused(MethodInfo method, Exception? outcome)
    {
        if (method.IsDefined(typeof(OneWayAttribute)))
            return; // nobody is told
        var refused = Assert.IsType<RightRefusedException>(outcome);
        Assert.StartsWith($"{method.DeclaringType!.Name}.{method.Name} needs the right to ", refused.Message);
    }
}
