namespace CoKe.Grains.Protocol;

/// <summary>Named places in checkpoint, recovery and boundary at which a test may kill what runs there. In production nothing
/// happens.</summary>
class Failpoints
{
    public const string RecoverySwapped = "recovery.swapped";
    public const string RecoveryRestored = "recovery.restored";
    public const string CheckpointCaptured = "checkpoint.captured";
    public const string CheckpointSaved = "checkpoint.saved";
    public const string CheckpointCommitted = "checkpoint.committed";
    public const string BoundaryBegun = "boundary.begun";
    public const string BoundaryClosed = "boundary.closed";
    public const string BoundarySaved = "boundary.saved";
    public const string BoundaryCommitted = "boundary.committed";
    public const string BoundaryTold = "boundary.told";

    public static IReadOnlyList<string> All { get; } =
    [
        RecoverySwapped,
        RecoveryRestored,
        CheckpointCaptured,
        CheckpointSaved,
        CheckpointCommitted,
        BoundaryBegun,
        BoundaryClosed,
        BoundarySaved,
        BoundaryCommitted,
        BoundaryTold,
    ];

    public virtual ValueTask Reach(string point) => default;
}
