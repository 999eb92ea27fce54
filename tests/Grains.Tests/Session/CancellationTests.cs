using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.CompilerServices;
using CoKe.Abstractions;
using CoKe.Access;
using CoKe.Client;
using CoKe.Client.Gateways;
using CoKe.ConstrainedKMeans;
using Microsoft.Extensions.DependencyInjection;

namespace CoKe.Grains.Tests.Session;

/// <summary>Whoever waits for silos that never answer is released by his token, and by nothing else.</summary>
public sealed class CancellationTests
{
    const string Run = "run";

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    static readonly ClusteringOptions Clustering = new()
    {
        Dimension = 2,
        ImageCount = 20,
        BatchSize = 1,
        Heads = [new HeadOptions { ClusterCount = 2 }],
    };

    static readonly RunStatus Status = new(
        Run,
        "run~0",
        new RunSpecification(Run, Clustering),
        Incarnation: 1,
        Attempt: 0,
        Epoch: 2,
        Step: 7,
        RowsInEpoch: 5,
        RowsAccepted: 45,
        Trainers: [],
        LastEpoch: null,
        Warnings: [],
        Fault: null,
        Stamp: 1,
        RunState.Live,
        DurableStep: 6,
        Hindrance: null,
        new RunLayout()
    );

    public static TheoryData<string> ClientCalls => [.. Calls.Keys];

    static Dictionary<string, Func<CokeClient, CancellationToken, Task>> Calls =>
        new()
        {
            ["create"] = (client, token) => client.CreateRunAsync(Status.Specification, token),
            ["list"] = (client, token) => client.ListRunsAsync(token),
            ["restore"] = (client, token) => client.RestoreRunAsync(Run, token),
            ["delete"] = (client, token) => client.DeleteRunAsync(Run, token),
            ["delete by id"] = (client, token) => client.DeleteRunAsync(Run, Status.RunId, token),
            ["status"] = (client, token) => client.GetStatusAsync(Run, token),
            ["report"] = (client, token) => client.GetEpochReportAsync(Run, 0, token),
            ["change"] = (client, token) => client.WaitForChangeAsync(Status, token),
            ["clusters"] = (client, token) => client.GetClustersAsync(Run, 0, token),
            ["cluster"] = (client, token) => client.GetClusterAsync(Run, 0, 0, token),
            ["labels"] = (client, token) => client.ReadLabelsAsync(Run, new[] { 1 }, cancellation: token),
            ["centers"] = (client, token) => client.ReadCentersAsync(Run, cancellation: token),
        };

    [Theory]
    [InlineData(typeof(CokeClient))]
    [InlineData(typeof(TrainerSession))]
    public void PublicCalls_ThatWait_TakeATokenLast(Type type)
    {
        var waiting = type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static)
            .Where(method =>
                method.Name.EndsWith("Async", StringComparison.Ordinal) && method.Name != nameof(IAsyncDisposable.DisposeAsync)
            )
            .ToArray();
        Assert.NotEmpty(waiting);
        Assert.All(waiting, method =>
        {
            var last = method.GetParameters()[^1];
            Assert.Equal((typeof(CancellationToken), true), (last.ParameterType, last.HasDefaultValue));
        });
    }

    [Theory]
    [MemberData(nameof(ClientCalls))]
    public async Task ClientCall_ThatNobodyAnswers_EndsByItsToken(string call)
    {
        await using var client = new CokeClient(SilentClient.Create());
        await AssertEndsAsync(token => Calls[call](client, token));
    }

    [Fact]
    public async Task OpenSession_ThatNobodyAnswers_EndsByItsToken() =>
        await AssertEndsAsync(token =>
            new SessionOpening(
                new SessionWorld(SilentClient.Create(), _ => Task.CompletedTask, int.MaxValue, TimeProvider.System, TaskScheduler.Default),
                new SessionOptions(),
                token
            ).OpenAsync(Run, 0, "trainer")
        );

    [Fact]
    public async Task SessionCalls_ThatNobodyAnswers_EndByTheirToken_AndGoOnAfterwards()
    {
        var grains = EndEpochTests.ScriptedGrains.Create(
            new TrainerRegistration(Status.RunId, 0, 1, Status.Specification, new RunLayout(), LeastWindow: 1)
        );
        await using var session = await TrainerSession.OpenAsync(
            new SessionWorld(grains, _ => Task.CompletedTask, int.MaxValue, TimeProvider.System, TaskScheduler.Default),
            Run,
            0,
            "trainer",
            new SessionOptions { Window = 3, Concurrency = 1 }
        );
        await AssertEndsAsync(token => session.AdoptAsync(1, token));
        await session.PushAsync([0], [1, 0]);
        await session.PushAsync([1], [1, 0]);
        await AssertEndsAsync(token => session.ReadUncommittedAsync(new[] { 0 }, token));
        await session.PushAsync([2], [1, 0]);
        Assert.Equal(
            "session of run 'run' (run~0), rank 0, generation 1: epoch 0, attempt 0, 3 mini-batches pushed, open",
            session.ToString()
        );

        // The window is full, and nothing of it becomes durable.
        await AssertEndsAsync(token => session.PushAsync([3], [0, 1], token).AsTask());
        await AssertEndsAsync(session.EndEpochAsync);
        ((EndEpochTests.ScriptedGrains)grains).Say(EndEpochTests.Progress(epoch: 0) with { DurableWatermark = 2 });
        await session.PushAsync([3], [0, 1]).AsTask().WaitAsync(Patience); // the one that was given up left no trace
        await AssertEndsAsync(session.EndEpochAsync);
        Assert.EndsWith("4 mini-batches pushed, ending", session.ToString());

        // The end was on its way: the same is waited for again, and no other epoch is ended.
        ((EndEpochTests.ScriptedGrains)grains).Say(EndEpochTests.Progress(epoch: 1));
        Assert.Equal(0, (await session.EndEpochAsync().WaitAsync(Patience)).Epoch);
        Assert.Equal(1, session.Epoch);

        // And what is read of a committed epoch ends as well.
        ((EndEpochTests.ScriptedGrains)grains).Answer = (method, _) =>
            method switch
            {
                nameof(ISequencerGrain.GetEpochReportAsync) => new TaskCompletionSource<EpochReport>().Task,
                nameof(IImageShardGrain.ReadAsync) => new TaskCompletionSource<LabelSlice>().Task,
                nameof(IClusterBlockGrain.GetCentersAsync) => new TaskCompletionSource<FloatValues>().Task,
                _ => null,
            };
        await AssertEndsAsync(token => session.GetEpochReportAsync(0, token));
        await AssertEndsAsync(token => session.GetLabelsAsync(new[] { 0 }, token));
        await AssertEndsAsync(token => session.GetCentersAsync(token));
    }

    [Fact]
    public async Task Delete_WhoseFirstTryRanThoughItsAnswerWasLost_IsDone()
    {
        var gateways = new GatewayWatch();
        var tried = new TaskCompletionSource();
        var calls = 0;
        var silos = SilentClient.Create(gateways, method =>
        {
            if (method != nameof(IRunGrain.DeleteAsync))
                return null;
            if (Interlocked.Increment(ref calls) > 1)
                return Task.FromException(new UnknownRunException(Run));
            tried.SetResult();
            return new TaskCompletionSource().Task; // it runs on
        });
        await using var client = new CokeClient(silos);
        var deletion = client.DeleteRunAsync(Run, Status.RunId);
        await tried.Task.WaitAsync(Patience);
        gateways.NotifyClusterConnectionLost();
        await deletion.WaitAsync(Patience);
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task Call_ThatFailsAfterItWasGivenUp_IsObserved()
    {
        const string Late = "late failure of this test";
        var unobserved = 0;
        void Count(object? sender, UnobservedTaskExceptionEventArgs e) =>
            unobserved += $"{e.Exception}".Contains(Late, StringComparison.Ordinal) ? 1 : 0;
        TaskScheduler.UnobservedTaskException += Count;
        try
        {
            await GiveUpAsync();
            await Task.Delay(1); // what waited is on no stack any more
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Assert.Equal(0, unobserved);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Count;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        static async Task GiveUpAsync()
        {
            var answer = new TaskCompletionSource<RunStatus>();
            await using var client = new CokeClient(
                SilentClient.Create(null, method => method == nameof(IRunGrain.GetStatusAsync) ? answer.Task : null)
            );
            await AssertEndsAsync(token => client.GetStatusAsync(Run, token));
            answer.SetException(new InvalidOperationException(Late));
        }
    }

    [Fact]
    public async Task Connect_ToASiloThatSaysNothing_EndsByItsToken()
    {
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        var gateway = new GatewayAddress("127.0.0.1", ((IPEndPoint)port.LocalEndpoint).Port);
        using var cancellation = new CancellationTokenSource();
        var connecting = CokeClient.ConnectAsync([gateway], cancellation.Token);
        using var called = await port.AcceptTcpClientAsync().WaitAsync(Patience);
        await cancellation.CancelAsync();
        var ended = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Patience));
        Assert.Equal(cancellation.Token, ended.CancellationToken);
    }

    [Fact]
    public void Status_AsText_TellsWhoItIsAndHowFar()
    {
        Assert.Equal(
            "run 'run' (run~0): Live, epoch 2, attempt 0, step 7 of which 6 durable, 5 of 20 images in the epoch",
            Status.ToString()
        );
        Assert.EndsWith("; cannot go on: the disk is gone.", $"{Status with { Fault = "the disk is gone." }}");
        Assert.Equal("run 'run': 20 images of dimension 2, clusters 2, 1 trainers", Status.Specification.ToString());
        Assert.Equal("run 'lost': it is damaged.", new RunListing("lost", null, "it is damaged.").ToString());
    }

    static async Task AssertEndsAsync(Func<CancellationToken, Task> call)
    {
        using var cancellation = new CancellationTokenSource();
        var waiting = call(cancellation.Token);
        Assert.False(waiting.IsCompleted);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call(cancellation.Token).WaitAsync(Patience));
    }

    /// <summary>A client whose silos take every call and answer none.</summary>
    public class SilentClient : DispatchProxy
    {
        GatewayWatch? _gateways;
        Func<string, object?>? _answer;

        /// <param name="gateways">Tells that one is lost; null: nobody does.</param>
        /// <param name="answer">What is answered all the same, by the method's name.</param>
        internal static IClusterClient Create(GatewayWatch? gateways = null, Func<string, object?>? answer = null)
        {
            var client = Create<IClusterClient, SilentClient>();
            (((SilentClient)client)._gateways, ((SilentClient)client)._answer) = (gateways, answer);
            return client;
        }

        protected override object? Invoke(MethodInfo? method, object?[]? arguments) =>
            method!.Name switch
            {
                "get_ServiceProvider" => (
                    _gateways is null ? new ServiceCollection() : new ServiceCollection().AddSingleton(_gateways)
                ).BuildServiceProvider(),
                nameof(IGrainFactory.GetGrain) => SilentGrain.Create(method.ReturnType, _answer),
                _ => throw new NotSupportedException(method.Name),
            };
    }

    /// <summary>One grain of it.</summary>
    public class SilentGrain : DispatchProxy
    {
        static readonly MethodInfo _s_never = typeof(SilentGrain).GetMethod(nameof(Never), BindingFlags.Static | BindingFlags.NonPublic)!;

        Func<string, object?>? _answer;

        public static object Create(Type contract, Func<string, object?>? answer)
        {
            var grain = Create(contract, typeof(SilentGrain));
            ((SilentGrain)grain)._answer = answer;
            return grain;
        }

        protected override object? Invoke(MethodInfo? method, object?[]? arguments) =>
            _answer?.Invoke(method!.Name) is { } answer ? answer
            : method!.ReturnType == typeof(Task) ? Never<bool>()
            : _s_never.MakeGenericMethod(method.ReturnType.GenericTypeArguments[0]).Invoke(null, null);

        static Task<T> Never<T>() => new TaskCompletionSource<T>().Task;
    }
}
