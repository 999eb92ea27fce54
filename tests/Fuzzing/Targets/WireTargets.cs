using System.Buffers;
using System.IO.Pipelines;
using CoKe.Abstractions;
using CoKe.Abstractions.Hosting;
using CoKe.Abstractions.Rights;
using CoKe.Abstractions.Serialization;
using CoKe.Access;
using CoKe.Access.Rights;
using CoKe.ConstrainedKMeans;
using CoKe.Fuzzing.Inputs;
using CoKe.Grains.Durability;
using CoKe.Streams;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace CoKe.Fuzzing.Targets;

/// <summary>Readers of what comes over a connection of silos, trainers and <c>coke</c>.</summary>
static class WireTargets
{
    static readonly AccessToken _s_token = new("0123456789abcdef");

    /// <summary>Orleans' serializer with what travels in CoKe.</summary>
    public static Serializer Serializer { get; } =
        new ServiceCollection()
            .AddSerializer(builder =>
                builder
                    .AddAssembly(typeof(RunSpecification).Assembly)
                    .AddAssembly(typeof(StreamMessage).Assembly)
                    .AddAssembly(typeof(SealedRow).Assembly)
            )
            .AddCokeExceptions()
            .BuildServiceProvider()
            .GetRequiredService<Serializer>();

    /// <summary>
    /// Bodies of messages. Orleans tells of what it cannot read by exceptions of its own, and drops the message; what CoKe reads in it
    /// must be refused by CoKe.
    /// </summary>
    public static FuzzTarget Message(FuzzFolder folder)
    {
        var options = new ClusteringOptions
        {
            ImageCount = 100,
            Dimension = 2,
            BatchSize = 10,
            Heads = [new() { ClusterCount = 2, MinimumSizeRatio = 0.4 }],
        };
        object[] values =
        [
            new RunSpecification("run", options, 1, [new FloatValues([1, 0, 0, 1])]),
            new MiniBatch("id", new BatchIdentity(0, 1, 1, 5), 1, 1, new IntValues([1, 2]), new FloatValues([1, 0, 0, 1]), null),
            new EpochReport(
                1,
                2,
                3,
                4,
                [
                    new HeadReport(
                        2,
                        1,
                        3,
                        2,
                        0.4,
                        1,
                        null,
                        true,
                        0.5,
                        null,
                        0,
                        0,
                        0.1,
                        new Shortfall
                        {
                            Clusters = 1,
                            Images = 1,
                            Worst = [new(0, 1, 2)],
                        }
                    ),
                ]
            ),
            new LabelSlice(
                1,
                new IntValues([0, 1]),
                [0, 1],
                [
                    [new(1, 0.5)],
                ]
            ),
            new UnknownRunException("run"),
            new DoubleValues([1, 2]),
            new RightRefusedException("x", Right.Feed, null),
        ];
        return new("", [.. values.Select(value => Serializer.SerializeToArray(value))], input =>
            Nesting.Depth(new ReadOnlySequence<byte>(input)) > Nesting.Deepest
                ? "nested too deeply"
                : Serializer.Deserialize<object>(input)?.GetType().Name ?? "null"
        )
        {
            MayThrow = e => e is not (OutOfMemoryException or InsufficientExecutionStackException) && !IsOfCoke(e),
            Hostile = [.. values.SelectMany(value => Packing.NestedObjects(Serializer.SerializeToArray(value)))],
            Iterations = 6_000,
        };
    }

    public static FuzzTarget Frame(FuzzFolder folder) => new("", Frames, input =>
        {
            var pipe = Filled(input);
            var read = Access.Frame.ReadAsync(pipe.Reader, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            return read is { } frame
                ? $"{Enum.IsDefined(frame.Kind)}"
                : $"none, {Access.Frame.PeekAsync(pipe.Reader, CancellationToken.None).AsTask().GetAwaiter().GetResult() is null}";
        });

    /// <summary>What is looked at before Orleans reads it: who is there, then messages. What comes out is what went in.</summary>
    public static FuzzTarget Messages(FuzzFolder folder)
    {
        byte[] greeting = [2, 0, 0, 0, 1, 2],
            body = Serializer.SerializeToArray<object>(new IntValues([1, 2]));
        byte[] message = [3, 0, 0, 0, (byte)body.Length, 0, 0, 0, 1, 2, 3, .. body];
        return new(
            "",
            [
                [.. greeting, .. message, .. message],
                greeting,
                [.. greeting, .. message[..^4]],
            ],
            input =>
            {
                var unfinished = new UnfinishedMessages(TimeProvider.System, most: 1 << 20);
                var part = unfinished.Open(_ => { });
                var (reader, passed) = (
                    new NestingGuard.Reader(
                        Filled(input).Reader,
                        fromClients: true,
                        why => new InvalidMessageException(why.Field, why.Reason),
                        part
                    ),
                    0L
                );
                for (var random = new Random(input.Length); ;)
                {
                    var read = reader.ReadAsync().AsTask().GetAwaiter().GetResult();
                    var take = random.NextInt64(read.Buffer.Length + 1);
                    passed += take;
                    reader.AdvanceTo(read.Buffer.GetPosition(take), read.Buffer.End);
                    if (take < read.Buffer.Length)
                        continue;
                    if (passed != input.Length || unfinished.Bytes > input.Length)
                        throw new InvalidOperationException("Something is lost, or counted twice.");
                    part.Set(0, isAnother: false);
                    return unfinished.Bytes == 0 ? "all comes through" : throw new InvalidOperationException("What has gone is counted.");
                }
            }
        )
        {
            Hostile =
            [
                [.. greeting, 1, 0, 0, 0, 0x40, 0x0d, 3, 0, 0, .. Enumerable.Repeat((byte)0x26, 200_000)],
                [.. greeting, 0x40, 0x0d, 3, 0, 0, 0, 0, 0, .. Enumerable.Repeat((byte)0x26, 200_000)],
                [0xff, 0xff, 0xff, 0xff],
                [.. greeting, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f, 1],
            ],
        };
    }

    /// <summary>The silo's side of the handshake, and what a caller without a token hears first.</summary>
    public static FuzzTarget Called(FuzzFolder folder) => new("", Frames, input =>
        {
            var refusal = TokenHandshake
                .AcceptAsync(new Ends(Filled(input).Reader, new Pipe().Writer), [_s_token], Purpose.Gateway, null, CancellationToken.None)
                .GetAwaiter()
                .GetResult();
            return refusal is { } why ? $"{why}" : "welcome";
        });

    /// <summary>The caller's side.</summary>
    public static FuzzTarget Calling(FuzzFolder folder) => new("", Frames, input =>
        {
            var first = new FirstWords(new Ends(Filled(input).Reader, new Pipe().Writer), bytes => _ = Access.Frame.Parse(bytes));
            var heard = first.Input.ReadAsync().AsTask().GetAwaiter().GetResult();
            if (heard.Buffer.Length != input.Length)
                throw new InvalidOperationException("Something that was said first is lost.");
            TokenHandshake
                .ConnectAsync(new Ends(Filled(input).Reader, new Pipe().Writer), _s_token, Purpose.Gateway, null, CancellationToken.None)
                .GetAwaiter()
                .GetResult();
            return "welcome";
        });

    static byte[][] Frames =>
        [
            .. Enum.GetValues<FrameKind>()
                .Select(kind => new Frame(kind, (byte)Purpose.Gateway, new byte[Access.Frame.ContentSize]).ToBytes()),
            [
                .. new Frame(FrameKind.Hello, (byte)Purpose.Gateway, new byte[Access.Frame.ContentSize]).ToBytes(),
                .. new Frame(FrameKind.Proof, 0, new byte[Access.Frame.ContentSize]).ToBytes(),
            ],
            [
                .. new Frame(FrameKind.Challenge, 0, new byte[Access.Frame.ContentSize]).ToBytes(),
                .. new Frame(FrameKind.Welcome, 0, new byte[Access.Frame.ContentSize]).ToBytes(),
            ],
            Access.Frame.Refusing(AccessRefusal.TokenWrong).ToBytes(),
            [Access.Frame.TlsRecord, 3, 1, 0, 5],
            [],
        ];

    // Who throws it: where the first frame of the stack is.
    static bool IsOfCoke(Exception e) =>
        new System.Diagnostics.StackTrace(e)
            .GetFrame(0)
            ?.GetMethod()
            ?.DeclaringType?.Namespace?.StartsWith("CoKe", StringComparison.Ordinal) == true;

    static Pipe Filled(byte[] input)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        pipe.Writer.Write(input);
        pipe.Writer.Complete();
        return pipe;
    }

    sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
