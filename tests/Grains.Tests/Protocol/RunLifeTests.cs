using CoKe.Grains.Protocol;

namespace CoKe.Grains.Tests.Protocol;

/// <summary>Every event in every state, beside the drawing in docs/protocol.md.</summary>
public sealed class RunLifeTests
{
    static readonly RunLife[] _states =
    [
        new RunLife.Asleep(),
        new RunLife.Recovering(ToBoundary: false),
        new RunLife.Recovering(ToBoundary: true),
        new RunLife.Live(),
        new RunLife.Departing(),
        new RunLife.Faulted("damaged"),
        new RunLife.Left(),
        new RunLife.Deleted(),
    ];

    // A column for each of the states above; . stays as it is without effect, else the state and then the effects:
    // e ends the live run, r begins a recovery, c closes, l leaves, h leaves for the home that is named.
    const string Table = """
        event            asleep     recovering to-boundary live          departing  faulted   left    deleted

        Needed           recover+r  .          .           .             .          .         .       .
        Swapped          .          .          .           .             .          .         .       .
        SwappedBack      .          .          recover     .             .          .         .       .
        Restored         .          live       .           .             .          .         .       .
        Failed           .          .          .           recover+er    left+cl    .         .       .
        Superseded       .          left+cl    left+cl     left+cl       left+cl    .         .       .
        Unknown          .          deleted+cl deleted+cl  .             .          .         deleted .
        Damaged          .          faulted    .           .             .          .         .       .
        DamagedForGood   .          faulted    faulted     .             .          .         .       .
        RestoreAsked     back+r     back       .           back+er       left+cl    back+r    .       .
        Settled          .          .          .           .             .          .         .       .
        Moved            .          .          .           recover+er    left+cl    .         .       .
        MovedAway        .          .          .           left+ch       left+ch    .         .       .
        Vacating         left+cl    left+cl    left+cl     departing     .          left+cl   .       deleted+l
        Rested           .          .          .           .             left+cl    .         .       .
        Deleting         deleted+c  deleted+c  deleted+c   deleted+c     deleted+c  deleted+c deleted .
        Leaving          left+c     left+c     left+c      left+c        left+c     left+c    .       .
        """;

    public static TheoryData<string, int, string> Cells
    {
        get
        {
            var cells = new TheoryData<string, int, string>();
            foreach (var row in Table.Split('\n').Skip(2))
            {
                var words = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                for (var state = 0; state < _states.Length; state++)
                    cells.Add(words[0], state, words[state + 1]);
            }

            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void On_EveryEventInEveryState_IsAsDrawn(string happened, int state, string drawn)
    {
        var before = _states[state];
        var after = before.On(EventOf(happened));
        if (drawn == ".")
            Assert.Equal((before, 0), (after.Life with { Failures = 0 }, after.Effects.Count));
        else
            Assert.Equal(drawn, $"{NameOf(after.Life)}{NameOf(after.Effects)}");
    }

    [Fact]
    public void Table_NamesEveryStateAndEvent()
    {
        Assert.Equal(KindsOf<RunLife>(), _states.Select(state => state.GetType().Name).Distinct().Order());
        Assert.Equal(KindsOf<LifeEvent>(), Cells.Select(cell => EventOf((string)cell[0]).GetType().Name).Distinct().Order());
    }

    [Fact]
    public void Failures_AreCountedUntilSomethingIsStored()
    {
        RunLife life = new RunLife.Live();
        foreach (var happened in (LifeEvent[])[new LifeEvent.Failed(), new LifeEvent.Failed(), new LifeEvent.Restored()])
            life = life.On(happened).Life;
        Assert.Equal(new RunLife.Live { Failures = 2 }, life); // a recovery writes next to nothing
        Assert.Equal(new RunLife.Live(), life.On(new LifeEvent.Settled()).Life);
    }

    [Fact]
    public void Failures_OutliveAFault()
    {
        RunLife life = new RunLife.Recovering(ToBoundary: false) { Failures = 3 };
        life = life.On(new LifeEvent.Damaged("damaged", EvenAtBoundary: false)).Life;
        Assert.Equal(new RunLife.Faulted("damaged") { Failures = 3 }, life);
        Assert.Equal(new RunLife.Recovering(ToBoundary: true) { Failures = 3 }, life.On(new LifeEvent.RestoreAsked()).Life);
    }

    static IEnumerable<string> KindsOf<T>() => typeof(T).GetNestedTypes().Select(kind => kind.Name).Order();

    static LifeEvent EventOf(string name) =>
        name switch
        {
            "Needed" => new LifeEvent.Needed(),
            "Swapped" => new LifeEvent.Swapped(ToBoundary: false),
            "SwappedBack" => new LifeEvent.Swapped(ToBoundary: true),
            "Restored" => new LifeEvent.Restored(),
            "Failed" => new LifeEvent.Failed(),
            "Superseded" => new LifeEvent.Superseded(),
            "Unknown" => new LifeEvent.Unknown(),
            "Damaged" => new LifeEvent.Damaged("damaged", EvenAtBoundary: false),
            "DamagedForGood" => new LifeEvent.Damaged("damaged", EvenAtBoundary: true),
            "RestoreAsked" => new LifeEvent.RestoreAsked(),
            "Settled" => new LifeEvent.Settled(),
            "Moved" => new LifeEvent.Moved(SuccessorAt: null),
            "MovedAway" => new LifeEvent.Moved("home"),
            "Vacating" => new LifeEvent.Vacating(),
            "Rested" => new LifeEvent.Rested(),
            "Deleting" => new LifeEvent.Deleting(),
            "Leaving" => new LifeEvent.Leaving(),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "The table names an event that is none."),
        };

    static string NameOf(RunLife life) =>
        life switch
        {
            RunLife.Recovering { ToBoundary: true } => "back",
            RunLife.Recovering => "recover",
            _ => life.GetType().Name.ToLowerInvariant(),
        };

    static string NameOf(IReadOnlyList<LifeEffect> effects) =>
        effects.Count == 0
            ? ""
            : "+"
                + string.Concat(
                    effects.Select(effect =>
                        effect switch
                        {
                            LifeEffect.EndLiveRun => 'e',
                            LifeEffect.BeginRecovery => 'r',
                            LifeEffect.Close => 'c',
                            LifeEffect.Leave { SuccessorAt: null } => 'l',
                            LifeEffect.Leave { SuccessorAt: "home" } => 'h',
                            _ => '?',
                        }
                    )
                );
}
