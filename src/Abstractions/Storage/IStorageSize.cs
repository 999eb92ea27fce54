namespace CoKe.Abstractions.Storage;

/// <summary>How much a database takes. A silo that keeps its state in memory has none.</summary>
public interface IStorageSize
{
    /// <summary>Measures it.</summary>
    /// <exception cref="StorageFailedException">The database does not answer.</exception>
    Task<StorageStatistics> MeasureAsync();
}
