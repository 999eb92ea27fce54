namespace CoKe.Abstractions.Storage;

/// <summary>
/// What every committed epoch left of every cluster, as a table for plain SQL. It is filled after the commit, so it may lag behind for a
/// moment, but it never shows an epoch in part, nor one that could still be taken back. Nothing reads it but people and their tools.
/// </summary>
public interface IClusterSizeTable
{
    /// <summary>Writes an epoch, all heads or none. Repeated with the same values it changes nothing.</summary>
    /// <exception cref="StorageFailedException">It could not be written; repeat it.</exception>
    Task UpsertAsync(string runId, int epoch, IReadOnlyList<HeadSizes> heads);

    /// <summary>Removes a run. Repeatable.</summary>
    /// <exception cref="StorageFailedException">It may still be there; repeat it.</exception>
    Task DeleteAsync(string runId);
}
