using System.Reflection;
using CoKe.Abstractions;
using CoKe.Abstractions.Rights;
using CoKe.Grains.Rights;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Serialization.Invocation;

namespace CoKe.Grains.Tests.Rights;

/// <summary>What a call may do depends on the key that it carries, once, and on nothing else.</summary>
public sealed class RightsFilterTests
{
    static readonly byte[] _s_administer = Key(1),
        _s_feed = Key(2);
    static readonly ClusterSecret _s_secret = new(Key(3));

    readonly RightsFilter _filter = new(
        new CallKeys(_s_secret, new ClientKeys { Administer = _s_administer, Feed = _s_feed }),
        NullLogger<RightsFilter>.Instance
    );

    [Theory]
    [InlineData(typeof(IRunGrain), nameof(IRunGrain.CreateAsync), 1)]
    [InlineData(typeof(IRunGrain), nameof(IRunGrain.DeleteAsync), 2)]
    [InlineData(typeof(ISequencerGrain), nameof(ISequencerGrain.DeleteAsync), 3)]
    [InlineData(typeof(IUnmarked), nameof(IUnmarked.DoAsync), 3)] // nothing stands at it
    [InlineData(null, null, 3)] // and this one nobody knows
    public async Task Call_ByKey_IsHeldToTheRightAtItsMethod(Type? contract, string? method, int least)
    {
        byte[]?[] keys = [null, _s_feed, _s_administer, _s_secret.KeyFor(CallKeys.Purpose)];
        for (var held = 0; held < keys.Length; held++)
        {
            var call = new Call(contract?.GetMethod(method!))
            {
                SourceId = SystemTargetGrainId.CreateGrainType("clustering") is var type ? GrainId.Create(type, "silo") : null,
            };
            CallCredential.Attach(keys[held]);
            if (held >= least)
                await _filter.Invoke(call);
            else
                await Assert.ThrowsAsync<RightRefusedException>(() => InvokeAsync(_filter, call));
            Assert.Equal(held >= least, call.WasMade);
        }
    }

    [Fact]
    public async Task Key_ServesOneCall()
    {
        CallCredential.Attach(_s_feed);
        await _filter.Invoke(new Call(typeof(IPulseGrain).GetMethod(nameof(IPulseGrain.BeatAsync))));
        var second = new Call(typeof(IPulseGrain).GetMethod(nameof(IPulseGrain.BeatAsync)));
        await Assert.ThrowsAsync<RightRefusedException>(() => InvokeAsync(_filter, second));
        Assert.False(second.WasMade);
    }

    [Fact]
    public async Task AlmostTheKey_IsNone()
    {
        byte[] key = _s_secret.KeyFor(CallKeys.Purpose),
            close = [.. key];
        close[^1] ^= 1;
        foreach (var wrong in new[] { close, key[..^1], [.. key, 0], [] })
        {
            CallCredential.Attach(wrong);
            await Assert.ThrowsAsync<RightRefusedException>(() =>
                InvokeAsync(_filter, new Call(typeof(IPulseGrain).GetMethod(nameof(IPulseGrain.BeatAsync))))
            );
        }
    }

    [Fact]
    public async Task WithoutTokens_EverybodyAdministers_AndNobodyIsTheCluster()
    {
        var open = new RightsFilter(new CallKeys(_s_secret, new ClientKeys()), NullLogger<RightsFilter>.Instance);
        await open.Invoke(new Call(typeof(IRunGrain).GetMethod(nameof(IRunGrain.DeleteAsync))));
        await Assert.ThrowsAsync<RightRefusedException>(() =>
            InvokeAsync(open, new Call(typeof(ISequencerGrain).GetMethod(nameof(ISequencerGrain.DeleteAsync))))
        );
    }

    [Fact]
    public void Secrets_AreNotShown()
    {
        foreach (
            var holder in new object[]
            {
                _s_secret,
                new ClientKeys { Feed = _s_feed },
                new CallCredential(),
            }
        )
            Assert.Equal("(hidden)", $"{holder}");
    }

    // A refusal is the call's answer, which whoever called throws.
    static async Task InvokeAsync(RightsFilter filter, Call call)
    {
        await filter.Invoke(call);
        if (call.Response?.Exception is { } refusal)
            throw refusal;
    }

    static byte[] Key(byte fill) => [.. Enumerable.Repeat(fill, 32)];

    public interface IUnmarked : IGrainWithStringKey
    {
        Task DoAsync();
    }

    sealed class Call(MethodInfo? method) : IIncomingGrainCallContext
    {
        public bool WasMade { get; private set; }

        public GrainId? SourceId { get; init; }

        public MethodInfo InterfaceMethod => method!;

        public string InterfaceName => method?.DeclaringType?.FullName ?? "unknown";

        public string MethodName => method?.Name ?? "unknown";

        public IInvokable Request => null!;

        public object Grain => this;

        public GrainId TargetId => default;

        public GrainInterfaceType InterfaceType => default;

        public object? Result { get; set; }

        public Response? Response { get; set; }

        public IGrainContext TargetContext => null!;

        public MethodInfo ImplementationMethod => method!;

        public Task Invoke()
        {
            WasMade = true;
            return Task.CompletedTask;
        }
    }
}
